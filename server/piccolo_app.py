"""One Piccolo app over all features: one linear migration history."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="zhongshu",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=table_finder(
        modules=[
            "server.kit.tables",
            "server.accounts.tables",
            "server.tasks.tables",
            "server.catalog.tables",
            "server.platforms.tables",
            "server.stock.tables",
            "server.orders.tables",
            "server.orders.rule_tables",
            "server.picking.tables",
            "server.packing.tables",
            "server.shipping.tables",
            "server.devices.tables",
            "server.imports.tables",
        ]
    ),
    migration_dependencies=[],
    commands=[],
)

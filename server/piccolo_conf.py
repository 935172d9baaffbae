"""Where Piccolo finds the engine and the app. Used by `piccolo migrations new`; the product itself calls kit.db."""

from piccolo.conf.apps import AppRegistry

from server import settings
from server.kit.db import ENGINE

DB = ENGINE
if not DB.config:
    DB.config.update({"dsn": settings.load().database_url})

APP_REGISTRY = AppRegistry(apps=["server.piccolo_app"])

"""What the four shops sell: 24 SKUs of 11 invented products, the same goods on each platform."""

from typing import Final

from msgspec import Struct


class Sku(Struct, frozen=True):
    """One thing on the shelf. `code` is the merchant's own code, the one a platform calls outer id."""

    code: str
    product: str
    name: str
    variant: str
    """"" where the product has no variants: platforms then have no SKU id, only the product's code."""
    barcode: str
    bin: str
    price_fen: int
    price_sgd: int
    """Singapore cents."""
    weight_g: int
    name_en: str
    variant_en: str
    item: int
    """Running number of the product, from 1; platforms build their item ids from it."""
    model: int
    """Running number of the SKU, from 1; 0 where the product has no variants."""


_GOODS: Final = (
    # product, name, English, price fen, price SGD cents, grams, variants (suffix, Chinese, English)
    (
        "TEE", "纯棉短袖T恤", "Cotton tee", 5900, 1290, 210,
        (("WHT-M", "白色;M", "White,M"), ("WHT-L", "白色;L", "White,L"),
         ("BLK-M", "黑色;M", "Black,M"), ("BLK-L", "黑色;L", "Black,L")),
    ),
    ("CAP", "棒球帽", "Baseball cap", 4500, 990, 120, (("BLK", "黑色", "Black"), ("NVY", "藏青", "Navy"))),
    ("SOCK", "中筒袜三双装", "Crew socks, 3 pairs", 2990, 690, 150, (("", "", ""),)),
    ("BAG", "帆布托特包", "Canvas tote", 6900, 1490, 380, (("NAT", "本白", "Natural"), ("BLK", "黑色", "Black"))),
    (
        "CUP", "便携水杯500ml", "Travel cup 500 ml", 3990, 890, 350,
        (("BLU", "蓝色", "Blue"), ("RED", "红色", "Red"), ("GRN", "绿色", "Green")),
    ),
    ("UMB", "折叠晴雨伞", "Folding umbrella", 5500, 1190, 340, (("BLK", "黑色", "Black"), ("YEL", "黄色", "Yellow"))),
    ("LAMP", "USB小夜灯", "USB night light", 1990, 490, 90, (("", "", ""),)),
    (
        "CASE", "磨砂手机壳", "Matte phone case", 3590, 790, 45,
        (("P15", "P15机型", "For P15"), ("P16", "P16机型", "For P16"), ("M14", "M14机型", "For M14")),
    ),
    ("CBL", "编织数据线", "Braided cable", 2590, 590, 60, (("1M", "1米", "1 m"), ("2M", "2米", "2 m"))),
    ("TWL", "速干毛巾", "Quick-dry towel", 3290, 720, 180, (("GRY", "灰色", "Grey"), ("PNK", "粉色", "Pink"))),
    ("NTB", "横线笔记本", "Ruled notebook", 1690, 390, 240, (("A5", "A5", "A5"), ("B5", "B5", "B5"))),
)  # fmt: skip


def ean13(stem: str) -> str:
    """Twelve digits and their check digit (GS1 General Specifications 7.9: weights 1, 3 from the left)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(stem))
    return stem + str(-total % 10)


def _build() -> tuple[Sku, ...]:
    rows: list[Sku] = []
    for item, (product, name, name_en, fen, sgd, grams, variants) in enumerate(_GOODS, start=1):
        for suffix, variant, variant_en in variants:
            n = len(rows)
            rows.append(
                Sku(
                    code=f"{product}-{suffix}" if suffix else product,
                    product=product,
                    name=name,
                    variant=variant,
                    barcode=ean13(f"200{n + 1:09d}"),  # 200–299: restricted circulation, nobody's real article
                    bin=f"{'ABC'[n // 8]}-{n % 8 // 2 + 1:02d}-{n % 2 + 1:02d}",
                    price_fen=fen,
                    price_sgd=sgd,
                    weight_g=grams,
                    name_en=name_en,
                    variant_en=variant_en,
                    item=item,
                    model=n + 1 if suffix else 0,
                )
            )
    return tuple(rows)


SKUS: Final = _build()
BY_CODE: Final = {sku.code: sku for sku in SKUS}

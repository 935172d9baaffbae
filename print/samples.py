"""Made-up documents for the preview, the bench and the tests. No real person, no real waybill."""

from datetime import datetime, timedelta, timezone

from .documents import Item, Label, PackingSlip, Party, PickLine, PickList

PRINTED_AT = datetime(2026, 11, 24, 14, 3, tzinfo=timezone(timedelta(hours=8)))

ITEMS = (
    Item("DR-FLR-RD-M", "法式碎花连衣裙 收腰显瘦", "红色 / M", 1),
    Item("SK-COT-WH-5", "纯棉中筒袜 五双装", "白色 / 均码", 2),
    Item("BG-TOT-BK", "大容量托特包", "黑色", 1),
)
LONG_NAME = (
    "秋冬新款加厚保暖羊羔绒连帽外套女宽松韩版学生百搭中长款棉服(含可拆卸毛领与同色系围巾套装)限时赠品两件随机发货不退换"
)[:60]
LONG_ADDRESS = (
    "广东省 深圳市 宝安区 西乡街道 前进二路与宝源路交汇处智慧创新产业园三期B座2栋17层1703室"
    "(导航到园区南门，货车从东侧地库入口进，卸货请联系物业值班室登记后乘四号货梯上楼,"
    "前台签收时间为工作日上午九点到下午六点，周末请放一楼丰巢快递柜并短信通知收件人本人)"
)[:120]
MASKED = Party("张**", "138****1234", "广东省 深圳市 宝安区 西乡街道 ****")
SENDER = Party("木禾小店 仓储组", "0571-8888****", "浙江省 杭州市 余杭区 良渚街道 网商路 88 号 3 号仓")


def label(**changes: object) -> Label:
    """A usual parcel: three kinds of goods, a masked receiver."""
    values: dict[str, object] = {
        "waybill_no": "SLX1234567890123", "carrier": "顺路速运 SLX", "route_code": "755-A12-08", "receiver": MASKED,
        "sender": SENDER, "order_no": "ZS-26-000123", "parcel_no": "ZP26000123", "slot": "07", "items": ITEMS,
        "printed_at": PRINTED_AT, **changes,
    }  # fmt: skip
    return Label(**values)  # type: ignore[arg-type]


def long_label() -> Label:
    """Everything at its longest: 120 characters of address, 40 kinds of goods, a reprint."""
    receiver = Party("阿卜杜热合曼·买买提伊明江先生", "17012345678-1234", LONG_ADDRESS)
    sender = Party("木禾小店华东一号仓退换货组", "0571-88886666", LONG_ADDRESS)
    return label(
        waybill_no="JDVA0123456789ABCDEFGH-1-1-XYZ", route_code="华南深圳-755BF-A12-08",
        carrier="京东物流特惠小件隔日达", receiver=receiver, sender=sender,
        plain=True, slot="128", items=many_items(40), label_version=3,
        pages=40, page=17,
    )  # fmt: skip


def many_items(count: int) -> tuple[Item, ...]:
    """`count` kinds with 60-character names."""
    variants = ("藏青色 / 2XL", "奶油白", "", "复古做旧水洗蓝加绒加厚款 / 均码 / 礼盒装")
    return tuple(
        Item(f"CT-{n:03d}-NV-2XL", LONG_NAME, variants[n % len(variants)], n % 3 + 1) for n in range(1, count + 1)
    )


def packing_slip(count: int = 3) -> PackingSlip:
    """Three usual items, or `count` with long names."""
    return PackingSlip(
        shop="木禾小店(淘宝)", order_no="ZS-26-000123", parcel_no="ZP26000123", receiver=MASKED, slot="07",
        items=ITEMS if count == len(ITEMS) else many_items(count), printed_at=PRINTED_AT,
    )  # fmt: skip


def pick_list(count: int = 24) -> PickList:
    """`count` lines over two aisles; every fifth bin serves three slots."""
    lines = []
    for n in range(count):
        item = ITEMS[n % len(ITEMS)]
        name = LONG_NAME if n % 7 == 3 else item.name
        stop = PickLine(
            f"{'AB'[n % 2]}-{n // 10 + 1:02d}-{n % 10 + 1:02d}",
            f"{item.code}-{n}",
            name,
            item.variant,
            n % 3 + 1,
            f"{n % 12 + 1:02d}",
        )
        lines.append(stop)
    return PickList(wave_no="W1024", lines=tuple(lines), orders=12, picker="王芳", printed_at=PRINTED_AT)


def shared_bins() -> PickList:
    """A wave in which one bin fills many slots."""
    lines = [
        PickLine("A-03-12", "DR-FLR-RD-M", "法式碎花连衣裙", "红色 / M", 1 + n % 2, f"{n:02d}") for n in range(1, 13)
    ]
    lines += [
        PickLine("A-3-2", "BG-TOT-BK", "大容量托特包", "黑色", 1, "03"),
        PickLine("A-10-1", "S", "袜子", "", 2, "04"),
    ]
    return PickList(wave_no="W1025", lines=tuple(lines), orders=12, printed_at=PRINTED_AT)

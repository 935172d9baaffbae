"""Order files as platforms write them, and as nobody should: made by code."""

import csv
import io
import zipfile
from typing import Any

import openpyxl

TAOBAO = ["子订单编号", "主订单编号", "标题", "价格", "购买数量", "外部系统编号", "商品属性", "订单状态",
          "退款状态", "买家实际支付金额", "订单创建时间",
          "订单付款时间", "收货人姓名", "联系手机", "收货地址", "买家留言"]  # fmt: skip
PDD = ["商品", "订单号", "订单状态", "商品总价(元)", "店铺优惠折扣(元)", "平台优惠折扣(元)", "邮费(元)",
       "用户实付金额(元)", "商品数量(件)", "收货人", "手机", "省", "市", "区", "支付时间", "拼单成功时间",
       "商品id", "商品规格", "样式ID",
       "商家编码-SKU维度", "售后状态", "买家留言"]  # fmt: skip
JD = ["订单号", "商品ID", "商品名称", "订购数量", "支付方式", "下单时间", "京东价", "订单金额", "余额支付", "应付金额",
      "订单状态", "客户姓名", "客户地址", "联系电话", "订单备注", "付款确认时间", "运费金额", "货号"]  # fmt: skip
SHOPEE = ["Order ID", "Order Status", "Order Creation Date", "Order Paid Time", "Product Name", "Variation Name",
          "SKU Reference No.", "Original Price", "Deal Price", "Quantity", "Total Amount", "Buyer Paid Shipping Fee",
          "Receiver Name", "Phone Number", "Delivery Address", "Country"]  # fmt: skip


def taobao(n: int, code: str = "TEE-BLK-M", line: int = 1, **more: Any) -> list[Any]:
    """One line of order n. more: column -> what it holds instead."""
    tid = f"41000000000000{n:05d}"
    row = [f"{tid[:-1]}{line}", tid, f"商品 {code}", "10.00", "2", code, "颜色:黑", "买家已付款，等待卖家发货",
           "没有申请退款", "20.00", "2026-11-22 09:10:00", "2026-11-22 09:10:20", "王小明", "13800001234",
           "浙江省 杭州市 西湖区 示例路1号", "null"]  # fmt: skip
    return _changed(TAOBAO, row, more)


def pdd(n: int, **more: Any) -> list[Any]:
    row = ["便携水杯", f"260101-0000000000{n:05d}", "待发货", "39.80", "3.00", "2.00", "0.00", "34.80", "2", "王小明",
           "13800001234", "浙江省", "杭州市", "西湖区", "2026-01-01 07:20:31\t", "2026-01-01 07:21:02", "100000000001",
           "蓝色", "200000000011", "TEE-BLK-M", "无售后或售后取消", "--"]  # fmt: skip
    return _changed(PDD, row, more)


def jd(n: int, **more: Any) -> list[Any]:
    row = [f"3000000{n:05d}", "100000000001", "T恤 白色", "1", "在线支付", "2026-11-22 09:20:00", "199.00", "199.00",
           "0.00", "205.00", "等待出库", "王小明", "浙江杭州市西湖区示例路1号", "13800001234", "",
           "2026-11-22 09:20:31", "6.00", "TEE-BLK-M"]  # fmt: skip
    return _changed(JD, row, more)


def shopee(n: int, **more: Any) -> list[Any]:
    row = [f"260101DEMO{n:04d}", "To ship", "2026-01-01 08:00", "2026-01-01 08:02", "Cup", "Blue,500ml",
           "TEE-BLK-M", "19.90", "14.10", "2", "30.19", "1.99", "Demo Buyer", "6581234567",
           "1 Example Street", "Singapore"]  # fmt: skip
    return _changed(SHOPEE, row, more)


def _changed(header: list[str], row: list[Any], more: dict[str, Any]) -> list[Any]:
    for name, value in more.items():
        row[header.index(name)] = value
    return row


def as_csv(rows: list[list[Any]], encoding: str = "utf-8-sig", delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def as_xlsx(rows: list[list[Any]], *, dimension: str = "") -> bytes:
    """dimension: what the sheet is to say of its size, true or not."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    if not dimension:
        return out.getvalue()
    return changed(out.getvalue(), "xl/worksheets/sheet1.xml", lambda xml: _dimension(xml, dimension))


def _dimension(xml: bytes, to: str) -> bytes:
    before, rest = xml.split(b'<dimension ref="', 1)
    return before + b'<dimension ref="' + to.encode() + rest[rest.index(b'"') :]


def changed(data: bytes, name: str, how: Any) -> bytes:
    """The same zip with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            body = old.read(part)
            new.writestr(part, how(body) if part == name else body)
    return out.getvalue()

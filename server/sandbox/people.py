"""Invented buyers and addresses. Streets, numbers and people do not exist; regions do, so that routes look right."""

import random
from typing import Final

from server.sandbox.model import Receiver

_REGIONS: Final = (
    ("浙江省", "杭州市", "西湖区", "310000"),
    ("浙江省", "宁波市", "鄞州区", "315000"),
    ("江苏省", "南京市", "玄武区", "210000"),
    ("江苏省", "苏州市", "姑苏区", "215000"),
    ("上海", "上海市", "浦东新区", "200000"),
    ("北京", "北京市", "海淀区", "100000"),
    ("广东省", "广州市", "天河区", "510000"),
    ("广东省", "深圳市", "南山区", "518000"),
    ("四川省", "成都市", "武侯区", "610000"),
    ("湖北省", "武汉市", "洪山区", "430000"),
    ("山东省", "青岛市", "市南区", "266000"),
    ("福建省", "厦门市", "思明区", "361000"),
    ("陕西省", "西安市", "雁塔区", "710000"),
    ("湖南省", "长沙市", "岳麓区", "410000"),
    ("辽宁省", "沈阳市", "和平区", "110000"),
    ("河南省", "", "济源市", "459000"),
)
_SURNAMES: Final = "王李张刘陈杨黄赵吴周徐孙"
_GIVEN: Final = ("示例", "测试", "样本", "演示", "虚构", "模拟")
_STREETS: Final = ("示例路", "测试大道", "样板街", "模拟巷", "虚构东路")
_NAMES_SG: Final = ("Demo Tan", "Sample Lim", "Test Ng", "Example Lee", "Mock Wong", "Trial Goh")
_STREETS_SG: Final = ("Example Street", "Sample Avenue", "Demo Road", "Test Lane")


def chinese(rng: random.Random) -> Receiver:
    """A receiver on the mainland."""
    area = rng.randrange(len(_REGIONS))
    province, city, district, zipcode = _REGIONS[area]
    return Receiver(
        name=rng.choice(_SURNAMES) + rng.choice(_GIVEN),
        phone=f"1300000{rng.randrange(10_000):04d}",
        province=province,
        city=city,
        district=district,
        street=f"{rng.choice(_STREETS)}{rng.randrange(1, 200)}号{rng.randrange(1, 30)}幢{rng.randrange(101, 2999)}室",
        zipcode=zipcode,
        area=area + 1,
    )


def singaporean(rng: random.Random) -> Receiver:
    """A receiver in Singapore. Postcodes start with 00, which is not in use."""
    zipcode = f"00{rng.randrange(10_000):04d}"
    unit = f"#{rng.randrange(1, 30):02d}-{rng.randrange(1, 99):02d}"
    return Receiver(
        name=rng.choice(_NAMES_SG),
        phone=f"650000{rng.randrange(10_000):04d}",
        province="",
        city="",
        district="",
        street=f"{rng.randrange(1, 200)} {rng.choice(_STREETS_SG)}, {unit}, Singapore {zipcode}",
        zipcode=zipcode,
        area=len(_REGIONS) + 1,
    )

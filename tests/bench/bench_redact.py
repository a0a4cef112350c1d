"""How long masking takes: python tests/bench/bench_redact.py

Prints the best of several runs: 40 characters as residents write them, 4,096 characters, and texts made to be slow.
"""

import time
from collections.abc import Callable

from bot.core.redact import redact

QUESTIONS = {
    "no sign of personal data": "对方一直说我的退款要先交保证金才能到账，我越想越不对劲，现在心里很慌，该怎么办呢",
    "amounts and hotlines": "刷单垫了12888元，对方让我再转5000，96110打来电话，我该不该接，很着急",
    "English": "someone on wechat told me to pay 500 yuan",
    "name, phone, address": "我叫王小明，电话139-0001-1122，住杭州市西湖区文三路477号3幢501室，被骗了",
}
LONG = {
    "plain Chinese": QUESTIONS["no sign of personal data"],
    "amounts": QUESTIONS["amounts and hotlines"],
    "English": QUESTIONS["English"] + " ",
    "full of personal data": QUESTIONS["name, phone, address"],
}
WORST = [
    "1", "62", "1 ", "13 ", "1234 ", "0 ", "1-", "一 ", "l1", "1*", "+1234567 ", "a", "a.", "a@", "@", ":", "http://a/1 ",
    "路1号", "区镇村", "1号楼", "room 1 ", "1 a road ", "我叫张", "姓名：", "密码我给", "wx: a1b2c3 ", "尾号1234 ", "电话1234567 ",
    "E12345678 ", "13812345678，", "8零", "3三", "road road 13a", "号石家号庄3", "6三", "33一", "零881",
    ".419900101零62", "1三验证码a@b.c", "4@lq栋2", "李老公", "号石家庄3", "村镇石家庄",
    "零1", "6零4", "我叫王八", "收款人路元", "身份证收款人我叫李二", "2姓名：卡号", "村6楼", "路1号1微信", "0两路1号",
    "@①@@①", "@82", "http://叫号", "路1号收款人路1号收款人@", "五６①_2", "dot dot @a",
]  # fmt: skip


def best(action: Callable[[], object], times: int) -> float:
    """Milliseconds of the fastest run: the others measure what else the machine was doing."""
    action()
    fastest = 9e9
    for _ in range(times):
        began = time.perf_counter()
        action()
        fastest = min(fastest, time.perf_counter() - began)
    return fastest * 1000


def main() -> None:
    print("40 characters (goal: well under 0.2 ms)")
    for name, text in QUESTIONS.items():
        print(f"  {best(lambda t=text: redact(t), 300):8.4f} ms  {name}")  # type: ignore[misc]
    print("4,096 characters (goal: under 10 ms)")
    for name, text in LONG.items():
        long = (text * 200)[:4096]
        print(f"  {best(lambda t=long: redact(t), 7):8.2f} ms  {len(redact(long).pieces):4d} pieces  {name}")  # type: ignore[misc]
    print("4,096 characters made to be slow")
    timed = []
    for unit in WORST:
        text = (unit * 4096)[:4096]
        timed.append((best(lambda t=text: redact(t), 5), len(redact(text).pieces), unit))  # type: ignore[misc]
    for milliseconds, pieces, unit in sorted(timed, reverse=True):
        print(f"  {milliseconds:8.2f} ms  {pieces:4d} pieces  {unit!r}")


if __name__ == "__main__":
    main()

"""What only its label gives away: accounts, codes, passwords, card endings; and papers and plates with their letters."""

import re

from bot.core.pii_text import DIGIT_VALUES, HOTLINES, SEP, SPACES, UNIT, UNIT_NEXT, Found, words

_D = rf"[{SPACES}\-‐-―]{{0,2}}"  # what may stand inside a written number


def _words(words: str) -> str:
    return "|".join(sorted(map(re.escape, words.split()), key=len, reverse=True))


def _first(pattern: str) -> str:
    """A look at one character before a long list of words is tried."""
    return f"(?=[{''.join(sorted({word[0] for word in pattern.split('|')}))}])"


# --- accounts -------------------------------------------------------------------------------------------------------

_MESSENGER = _words(
    "微信 威信 薇信 薇芯 卫星 徽信 维信 微心 v信 v心 威心 薇心 v❤ 微❤ 威❤ 薇❤ 加v 加微 加薇 加威 加维 加赖 加賴 绿泡泡 绿泡 wechat weixin"
    " 支付宝 支付寶 zfb alipay whatsapp telegram telegrom 电报 電報 飞机 纸飞机 紙飛機 line skype instagram facebook messenger"
    " signal 抖音 快手 小红书 小紅書 陌陌 探探 钉钉 飞书 微博 闲鱼 淘宝 京东 旺旺"
)
_ACCOUNT_LABEL = _words(
    "账号 帐号 賬號 帳號 账户 帐户 賬戶 账户名 用户名 用戶名 登录名 户号 學號 学号 工号 社保号 社保卡号 医保卡号 公积金账号"
    " 保单号 驾驶证号 驾照号 客户号 会员号 準考證號 准考证号 username account 昵称 收款码 钱包地址 userid"
)
_LINK = (
    r"(?:小号|大号|工作号|账号|帐号|賬號|帳號|账户|号码|號碼|号|號|名字|名|同号|id|是|係|为|為|叫|就|改成|加我|加|搜索|搜|联系|我|他|她|的|了"
    r"|account|number|user|name|handle|contact|is|no\.?|at|me|my|on|her|his|[:：=\s@+➕，,（(「“\"【\-—]|→|👉)"
)
_ACCOUNT = re.compile(
    rf"{_first(f'v|w|t|i|f|q|{_MESSENGER}|{_ACCOUNT_LABEL}')}(?:(?<![a-z])(?:vx|wx|tg|ins|fb|v|q|whats\s?app)(?=[\s:：号号id是@+，]{{1,3}}[a-z0-9@])|{_MESSENGER}|{_ACCOUNT_LABEL})"
    rf"(?P<link>{_LINK}{{0,8}})"
    r"(?<![a-z0-9])(?P<value>(?:live:)?[a-z0-9_](?:[a-z0-9_\-]|\.(?=[a-z0-9])){3,39}(?:[ ][a-z]{0,4}[_\-]?\d[a-z0-9_\-]{2,19}){0,3}|[a-z0-9](?:[ ][a-z0-9]){5,19}(?![a-z0-9]))"
)
_SPACED_OUT = re.compile(r"[a-z0-9](?: [a-z0-9])+")
_GLUED_HINT = re.compile(r"vx|wx|zfb|加v|我v")
# VXabc123: nothing between label and account, so a figure must be in it.
_GLUED = re.compile(
    r"(?:(?<![a-z0-9])(?:vx|wx|zfb)|(?<=[加我])v)(?P<value>(?!id_)(?=[a-z0-9])(?=[a-z_\-]{0,12}[0-9])[a-z0-9_\-]{5,20})(?![a-z0-9])"
)
# game_king_01: no word of any language has an underscore; a user name needs no label.
_UNDERSCORED = re.compile(r"(?<![a-z0-9_@/.])(?=[a-z0-9]{0,20}_)(?=_{0,20}[a-z0-9])[a-z0-9_]{5,32}(?![a-z0-9_])")
_MOBILE = re.compile(rf"1{SEP}{{0,2}}[3-9](?:{SEP}{{0,2}}[0-9]){{9}}(?![0-9a-z])")
# A card partly in words: its figures alone are no account.
_CARD_IN_WORDS = re.compile(rf"[0-9]+[{DIGIT_VALUES}](?=[0-9{DIGIT_VALUES}]{{6}})[0-9{DIGIT_VALUES}]+")
_STRONG_LINK = re.compile(r"号|號|id|是|係|为|叫|名|[:：=@]|同号|handle|\bname")
_QQ = re.compile(
    rf"(?:(?<![a-z])qq|扣扣|企鹅|秋秋|球球|抠抠|(?<![a-z])q(?=群|号|[:：]|\s?\d))(?:群|号码|号|號|是|为|帐号|账号|加|我|他|她|的|[:：=\s，,（(+]|number|is){{0,8}}"
    rf"(?P<value>(?<![0-9])[0-9](?:{_D}[0-9]){{4,11}})(?![0-9a-z])"
)
# Words an English sentence puts after "my wechat is …"; an account of letters alone must not be one of them.
_PLAIN_WORDS = words(
    "hacked frozen stolen blocked banned locked limited being been please help with from that this they what "
    "when where asking asked said says sent want wants have will would should could account number official "
    "payment money group groups scam scammer link links friend friends message messages call calls video "
    "voice real fake true false safe still there then after before pay paid wallet user users name code codes "
    "transfer login logged gone deleted suspended closed verified verification wechat weixin alipay whatsapp "
    "telegram facebook instagram line"
)

# --- codes and passwords --------------------------------------------------------------------------------------------

_TOLD = (
    r"(?:是不是|是|係|为|為|叫|号|號|码|我|他|她|你|给|給|发|發|了|过|過|报|報|念|说|說|告诉|告訴|输|輸|填|写|寫|输入|填写|对方|對方|骗子|客服"
    r"|已经|已|刚刚|刚|剛|都|就|这|這|那|串|个|個|的|改成|设成|设的|用|成|设置|设为|把|短信|收到|发来|出去|去|数字|分别|六位|四位|6位|4位|有|两个|生日|手机"
    r"|is|was|are|number|no|the|i|gave|got|received|read|said|told|entered|typed|shared|my|to|them|him|her|sent|which|it|they|and|code|words?|[:：=\s\-—，,、（(「『“\"'【\[]){0,10}"
)
_CODE = re.compile(
    r"(?=[验驗校动動短确激取提邀安解锁支登识授付核的个串位背后covy密卡兑助私口pm])(?:(?P<code>验证码|验证吗|驗證碼|校验码|校驗碼|动态码|動態碼|动态口令|动态密码|動態密碼|短信码|短信密码|确认码|激活码|取件码|提取码|邀请码"
    r"|安全码|安全碼|解锁码|支付码|取款码|锁屏码|登陆码|识别码|授权码|登录码|付款码|核验码|[的个串]码|位数字?|短信(?:上|里)?的?数字|背面的?三位数?字?|后面?三位数?字?|(?<![a-z])(?:cvv2?|cvc2?|otp|yzm|codes?|verification))"
    r"|(?P<password>密码|卡密|兑换码|助记词|私钥|密碼|口令|(?<![a-z])(?:password|passcode|passwd|pwd?|pin[码碼]?|psw|mima)(?![a-z])))"
    rf"(?P<link>{_TOLD})"
    rf"(?:(?P<digits>(?<![0-9a-z.])(?:[a-z]-)?[0-9](?:{_D}[0-9]){{2,8}})(?!{_D}[0-9]|[a-z])"
    rf"|(?P<spelt>[{DIGIT_VALUES}](?:{_D}[{DIGIT_VALUES}]){{3,7}})"
    r"|(?P<word>(?<![0-9a-z])[a-z0-9!#$%^&*_+?.@~\-]{4,32}))"
)
_CODE_AFTER = re.compile(
    rf"(?<![0-9a-z])(?P<digits>[0-9](?:{_D}[0-9]){{3,7}})(?:\s|，|,|、|就|发给|念给|报给|告诉|给|念|报|说|了|客服|对方|骗子|这|这个|這個|这串|那个|个|是|我|他|你|的|银行|刚|收到|短信|发来|登录|支付|微信|支付宝|动态|手机|is|was|verification|login|bank|code|my|the|your|sms|his|her){{1,8}}"
    r"(?P<kind>验证码|驗證碼|校验码|动态码|密码|密碼|口令|(?<=[个個串的])[码碼](?!商)|code|otp|pin|password)"
)
_SECOND_CODE = re.compile(r"\s?(?:和|跟|、|，|,|还有|and)\s?(?P<digits>[0-9]{4,8})(?![0-9])")
# Said without its name: nobody reads out an amount digit by digit.
_READ_OUT = re.compile(rf"把\s?(?P<digits>[0-9](?:{_D}[0-9]){{5}})\s?(?:告诉|念|报|读|说)")
_STRONG_SECRET = re.compile(r"(?:是|为|為|成|设的|[:：=]|is|was)\s?[\"“「'（(]?$")

# --- endings of numbers, papers, plates --------------------------------------------------------------------------------

_TAIL = re.compile(
    r"(?:(?P<what>身份证|身份證|证件|手机|手機|电话|電話)[^0-9，。,]{0,6})?"
    r"(?:尾号|尾號|尾数|末尾|[前后後末尾](?:面)?(?:四|4|六|6|三|3|八|8)位|ending(?: in| with)?|卡(?=[（(][0-9]{4}[）)])|last\s(?:four|4|six|6)(?:\sdigits)?)"
    rf"(?:数字|號碼|号码|号|是|为|為|的|卡|[:：=\s（(]|is|are|of|my|card|id)*(?P<value>[0-9](?:{_D}[0-9]){{2,7}}x?)(?![0-9])"
)
_PASSPORT_LABEL = re.compile(
    r"(?P<kind>护照|護照|passport|通行证|通行證|回乡证|回鄉證|台胞证|台胞證|居住证|居留证|港澳证)(?:号码|号|號碼|號|是|为|为|本|的|我|[:：=\s（(，,]|number|no\.?|is|#){0,8}"
    rf"(?P<value>(?<![a-z0-9])(?=[a-z0-9\s\-]{{0,6}}[0-9])(?:[a-z]{_D}){{0,3}}[0-9](?:{_D}[0-9]|[a-z]){{5,12}})(?![0-9a-z])"
)
_ENDS_ON = re.compile(r"(?:19|20)[0-9]{2}-?[0-9]{2}-?[0-9]{2}(?:到期|过期|過期|失效|生效|签发)")
_PAPER = re.compile(
    rf"(?<![A-Za-z0-9_@./\-])(?![lioIO])(?:(?:[A-Z]{_D}){{1,2}}|[a-z]{{1,2}}|[b-z]{_D})[0-9](?:{_D}[0-9]){{6,9}}(?:{_D}[(（]{_D}[0-9A]{_D}[)）])?(?!{_D}[0-9]|[A-Za-z_])"
)
# Hong Kong A123456(7), Macao 1234567(8) and 5/123456/7: the check digit in brackets tells them from amounts.
_HKID = re.compile(rf"(?<![A-Za-z0-9])[A-Za-z]{{1,2}}{_D}[0-9](?:{_D}[0-9]){{5}}{_D}[(（]{_D}[0-9Aa]{_D}[)）]")
_HKID_PLAIN = re.compile(
    rf"(?:身[份分][證证]|hkid|\bid\b(?: card)?)(?:字號|号码|号|號碼|號|是|为|[:：\s]|number|no\.?){{0,6}}(?P<value>[a-z]{{1,2}}{_D}[0-9](?:{_D}[0-9]){{5,8}}{_D}[0-9a]?)(?![0-9a-z])"
)
_MACAO = re.compile(r"(?<![0-9A-Za-z])[157](?:[0-9]{6}[(（]\s?[0-9]\s?[)）]|/[0-9]{6}/[0-9])(?![0-9])")

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼滬遼魯蘇贛陝閩貴粵寧瓊雲"
_PD = rf"[{SPACES}\-‐-―·•.:：_]{{0,2}}"
_PLATE = re.compile(
    rf"[{_PROVINCES}]{_PD}[A-Za-z]{_PD}(?=(?:{_PD}[A-Za-z]){{0,5}}{_PD}[0-9{DIGIT_VALUES}])[A-Za-z0-9{DIGIT_VALUES}]"
    rf"(?:{_PD}[A-Za-z0-9{DIGIT_VALUES}]){{3,5}}(?:{_PD}[挂学警港澳使领])?(?:(?![A-Za-z0-9])|(?=ETC))"
)
_PLATE_LABEL = re.compile(
    r"(?:车牌|車牌|牌照|plate)(?:号码|号|號碼|號|是|为|為|[:：=\s（(]|number|no\.?|is){0,6}(?P<value>(?<![a-z0-9])(?=[a-z\s\-]{0,4}[0-9])"
    r"[a-z0-9]{1,4}[\s\-·]{0,2}[a-z0-9]{2,5}(?:[\s\-][0-9]{2})?)(?![a-z0-9])"
)


# One cheap look each, so that a question without the label never pays for the pattern.
_SECRET_HINT = re.compile(
    r"[码碼]|卡密|位数|数字|助记|私钥|口令|验证吗|三位|cv[vc]|otp|yzm|code|verif|pass|pw|pin|psw|mima"
)
_PAPER_HINT = re.compile(r"护照|護照|passport|行证|行證|乡证|鄉證|胞证|胞證|住证|留证|澳证")
_TAIL_HINT = re.compile(r"尾|位|卡[（(]|ending|last\s")
_QQ_HINT = re.compile(r"q|扣扣|企鹅|秋秋|球球|抠抠")


def find(flat: str, low: str) -> list[Found]:
    """Spans that a label, a letter or a province makes personal."""
    found: list[Found] = []
    secret = _SECRET_HINT.search(low) is not None
    for match in _CODE.finditer(low) if secret else ():
        found += _secret(match, low)
    for match in _CODE_AFTER.finditer(low) if secret else ():
        between = low[match.end("digits") : match.start("kind")]
        if re.search(r"[，,\n]", between) and not re.search(r"是|这|這|is", between):
            continue  # "垫了12888，密码…" are two things
        if _number(match["digits"]) not in HOTLINES and not UNIT_NEXT.match(low, match.end("digits")):
            found.append((*match.span("digits"), "password" if match["kind"] in _PASSWORDS else "code"))
    found += [(*m.span("digits"), "code") for m in _READ_OUT.finditer(low)]
    for match in _PASSPORT_LABEL.finditer(low) if _PAPER_HINT.search(low) else ():
        if _ENDS_ON.match(low, match.start("value")):
            continue
        found.append((*match.span("value"), "passport" if match["kind"] in _PASSPORTS else "permit"))
    if "(" in flat or "（" in flat or "/" in flat:
        for pattern in (_HKID, _MACAO):
            found += [(*m.span(), "id") for m in pattern.finditer(flat)]
    for match in _HKID_PLAIN.finditer(low) if "身" in low or "id" in low else ():
        found.append((*match.span("value"), "id"))
    for match in _TAIL.finditer(low) if _TAIL_HINT.search(low) else ():
        if not UNIT_NEXT.match(low, match.end("value")) or low[match.end("value")] in "个個的":
            found.append((*match.span("value"), _TAIL_KIND.get((match["what"] or "")[:2], "card")))
    found += [(*m.span(), "plate") for m in _PLATE.finditer(flat)]
    if "牌" in low or "plate" in low:
        found += [(*m.span("value"), "plate") for m in _PLATE_LABEL.finditer(low)]
    for match in _QQ.finditer(low) if _QQ_HINT.search(low) else ():
        if not _is_amount(match["value"], low, match.end("value")):
            found.append((*match.span("value"), "account"))
    found += [(*m.span(), "account") for m in _UNDERSCORED.finditer(low)]
    for match in _ACCOUNT.finditer(low):
        start, end = match.span("value")
        if not _SPACED_OUT.fullmatch(match["value"]) and " " in match["value"] and match["value"].split()[0].isalpha():
            end = start + match["value"].index(" ")  # "account balance 5000" is not one name
        if match.group().startswith("飞机") and _FLIGHT.fullmatch(match["value"]):
            continue  # 飞机 is what Telegram is called, and also an aeroplane
        if _MOBILE.match(low, start) or _CARD_IN_WORDS.match(low, start):
            continue  # keeps its own token, whoever's account it serves as
        while " " in low[start:end] and UNIT_NEXT.match(low, end):
            end = low.rindex(" ", start, end)  # an amount that stands behind
        if _is_account(low[start:end], end, match["link"], low):
            found.append((start, end, "account"))
    found += [(*m.span("value"), "account") for m in (_GLUED.finditer(low) if _GLUED_HINT.search(low) else ())]
    found += [(*m.span(), _paper_kind(m.group())) for m in _PAPER.finditer(flat)]
    return _first_wins(found, len(flat))


_PASSWORDS = frozenset(("密码", "密碼", "口令", "password", "pin"))
_PASSPORTS = frozenset(("护照", "護照", "passport"))
_TAIL_KIND = {"身份": "id", "证件": "id", "手机": "phone", "手機": "phone", "电话": "phone", "電話": "phone"}


def _number(written: str) -> str:
    return re.sub(r"[^0-9]", "", written)


def _is_amount(value: str, low: str, end: int) -> bool:
    number = _number(value)
    return number in HOTLINES or (len(number) < 9 and UNIT_NEXT.match(low, end) is not None)


def _secret(match: re.Match[str], low: str) -> list[Found]:
    kind = "code" if match["code"] else "password"
    link = match["link"]
    strong = _STRONG_SECRET.search(link) is not None
    # Past a comma, or in the line after 「验证码短信」, stands another matter: the money that went, a stock code.
    crossed = "，" in link or "," in link or ("\n" in link and link.strip() != "")
    if match["spelt"]:
        return [(*match.span("spelt"), kind)]
    if match["digits"]:
        start, end = match.span("digits")
        number = _number(match["digits"])
        if number in HOTLINES or UNIT_NEXT.match(low, end):
            return []
        # After a password without "is" too.
        if not strong and ((crossed and len(number) != 6) or (kind == "password" and len(number) < 6 and link.strip())):
            return []
        if not strong and kind == "password" and not link and len(number) == 5:
            return []
        if match["code"] and _MANY_FIGURES.match(match["code"]) and len(number) != 6:
            return []
        if len(number) == 3 and not strong and match.group().startswith(("code", "密", "pass")):  # code 404
            return []
        second = _SECOND_CODE.match(low, end)
        more = [(*second.span("digits"), kind)] if second and len(second["digits"]) == len(number) else []
        return [(start, end, kind), *more]
    word = match["word"].rstrip(".?-")
    start = match.start("word")
    has_digit = any(c.isdigit() for c in word)
    if len(word) < 4 or word.startswith(("http", "www.")) or (word.isdigit() and word in HOTLINES):
        return []
    if _AMOUNT.match(low, start, start + 24) or (_ONLY_FIGURES.fullmatch(word) and not strong):
        return []
    if crossed and not strong:
        return []
    symbols = any(not c.isalnum() and c not in ".-?!" for c in word)
    colon = _AFTER_COLON.search(link) is not None
    if (
        (has_digit and (strong or kind == "password" or any(c.isalpha() for c in word)))
        or symbols
        or (colon and word not in _PLAIN_WORDS)
    ):
        return [(start, start + len(word), kind)]
    chinese_is = _AFTER_IS.search(link) is not None
    return [(start, start + len(word), kind)] if chinese_is and word not in _PLAIN_WORDS else []


_MANY_FIGURES = re.compile(r"位数|短信(?!码)")  # 短信里的数字 may be an amount
_AFTER_COLON = re.compile(r"[:：=]\s?[\"“「']?$")
_AFTER_IS = re.compile(r"[是为成]\s?$")
_AMOUNT = re.compile(r"[0-9]+" + UNIT)
_ONLY_FIGURES = re.compile(r"[0-9.\-]+")
_VERSION = re.compile(r"v?[0-9]{1,2}(?:\.[0-9]{1,3}){1,3}")
_FLIGHT = re.compile(r"(?:[a-z]{2}|[0-9][a-z]|[a-z][0-9])[0-9]{3,4}")


def _is_account(value: str, end: int, link: str, low: str) -> bool:
    if value.startswith(("http", "www.")) or (value.isdigit() and _is_amount(value, low, end)):
        return False
    has_digit = any(c.isdigit() for c in value)
    strong = _STRONG_LINK.search(link) is not None
    if _VERSION.fullmatch(value):
        return False
    number = _number(value)
    if value.replace(" ", "").replace("-", "").isdigit():
        # A card or a number from abroad keeps its own token, whoever's account it serves as.
        if len(number) >= 15 or "+" in link:
            return False
        return len(number) >= (5 if strong else 6)
    if re.match(r"[0-9]+(?:" + UNIT + r"|[a-z]{1,3}\b)", value) and not strong:
        return False
    if has_digit or "_" in value:
        return True
    if re.match(r"\s[a-z]", low[end : end + 2]):
        return False  # "WeChat: massage lady wants …" is a sentence
    before_is_letters = value.isascii() and value not in _PLAIN_WORDS and len(value) >= 5
    chinese = re.search(r"[号號是係为叫名:：=@]\s?@?$", link) is not None
    return before_is_letters and (chinese or re.search(r"\bid\b(?:\s+is)?[\s:：]*$", link) is not None)


def _paper_kind(written: str) -> str:
    letter = written[0].upper()
    bare = re.sub(r"[^A-Za-z0-9]", "", written)
    if len(bare) == 10 and bare[1] in "12" and bare[0].isalpha():
        return "id"  # Taiwan
    if re.search(r"[(（]", written) or (len(bare) == 8 and bare[1].isdigit()):
        return "id" if letter not in "EG" else "passport"
    return "permit" if letter in "CWHMTL" else "passport"


def _first_wins(found: list[Found], length: int) -> list[Found]:
    kept: list[Found] = []
    taken = bytearray(length)
    for span in found:
        if 1 not in taken[span[0] : span[1]]:
            kept.append(span)
            taken[span[0] : span[1]] = b"\x01" * (span[1] - span[0])
    return kept

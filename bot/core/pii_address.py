"""Street addresses down to the door, Chinese and English.

A Chinese address has no start mark and no spaces. So the door is found first (路256号, 小区12号楼, 村3组), the rooms behind
it are read forward, and the places before it backward to the first word that is no place. A district alone, without a
door, stays: editors need to know where.
"""

import re
from bisect import bisect_left

from bot.core.pii_text import HAN, UNIT, Found

_NUM = r"(?:[甲乙丙丁]?[0-9]{1,5}|[零〇一二三四五六七八九幺十百]{1,6})"
_UNITS = "#[楼樓]|#|号楼|號樓|号院|號院|栋楼|单元楼|号|號|弄|栋|棟|幢|座|单元|單元|门|門|层|層|楼|樓|室|房|户|戶|组|組|队|隊|排|铺|鋪|巷|支弄|期|段|院|区|區|库|座楼"
_NOT_DOOR = r"(?!线|線|口|台|机|員|员|种|客|选|前|后|之前|之后|下午|上午|晚|早|那天|人|家)"

# Endings of names of places; those in _STREET may stand before a plain 号.
_STREET = "路街道巷弄胡同段线線条條"
_COMPOUND = "村庄莊屯寨园園苑厦廈场場城湾灣府区區院庭居邸轩軒阁閣坊坝坪岗崗堡塘洼沟溝营營社镇鎮鄉乡邨里公寓舍墅郡座洲岛厂廠楼樓埔寮台"
_DOOR = re.compile(
    rf"(?:(?<=[{_STREET}{_COMPOUND}])|(?<=[道路街][中东西南北東])|(?<=[中东西南北東]道))(?<!知道)(?<!频道)(?<!这条)(?<!那条)(?<!群里)[ \t\u3000]{{0,2}}[（(]?(?:(?P<num>{_NUM}(?:[ \t\u3000]?[\-–—－之][ \t\u3000]?[0-9]{{1,4}}){{0,2}}|[A-Za-z甲乙丙丁东西南北])[ \t\u3000]?"
    rf"(?P<unit>{_UNITS}){_NOT_DOOR}|(?P<bare>(?!(?:19|20)[0-9]{{2}}-)[0-9]{{1,4}}(?:-[0-9]{{1,4}}){{1,3}})(?![0-9\-]))"
)
_PART = (
    rf"(?:[ \t\u3000,，、\-–—（(]{{0,2}}(?:[0-9]{{1,5}}[A-Za-z]?|[零〇一二三四五六七八九十百]{{1,6}}|[A-Za-z][0-9]{{0,4}}|[东西南北中前后左右甲乙丙丁]|地下)[ \t\u3000]?(?:{_UNITS}|[0-9]{{0,4}}室){_NOT_DOOR}"
    r"|(?:村民)?小[组組][0-9一二三四五六七八九十]{1,3}[号號]?|[ \t\u3000,，]?[附之][0-9一二三四五六七八九十]{1,4}[号號]?|[ \t\u3000]?[\-–—#][A-Za-z]?[0-9]{1,4}[A-Za-z]?(?![0-9])"
    r"|[ \t\u3000]?(?:地下(?:车库|車庫|室)?|车库|车位|門面|门面|商铺|门市|底商|[东西南北中][户侧边门]|[A-Za-z][0-9]?-[0-9]{1,4})|(?<=[楼樓层層])[A-Za-z](?![A-Za-z0-9]))"
)
_TAIL = re.compile(rf"{_PART}{{0,8}}")
# 688號旺角中心15樓: the building between its number and its floor.
_BUILDING = re.compile(
    rf"[{HAN}A-Za-z]{{1,9}}?(?:大厦|大廈|大楼|大樓|广场|廣場|中心|花园|花園|公寓|小区|小镇|国际|[城苑园園府湾座])"
    r"(?=[ \t\u3000]?(?:[0-9]{1,4}|[A-Za-z]|[一二三四五六七八九十]{1,3})[ \t\u3000]?(?:号楼|[座栋棟幢期层層楼樓室]|单元)|[ \t\u3000]?[A-Za-z]?[0-9]{1,3}-[0-9]|(?<=[厦廈楼樓])[ \t\u3000]?[0-9]{3,4}(?![0-9]))"
)
_ROOM = re.compile(
    rf"[ \t\u3000\-–—]{{0,2}}[A-Za-z]?(?:[0-9]{{1,4}}(?:[\-–—][0-9]{{1,4}}){{1,3}}|[0-9]{{2,4}}|[一二三四五六七八九零〇]{{3,4}})[A-Za-z]?(?![0-9:：.%,\-])(?![ \t\u3000]?{UNIT})"
)

# 3号楼2单元501, 12栋302: a door without its street still names the flat to anyone who knows the estate.
_INNER_DOOR = re.compile(
    rf"(?<![0-9])(?:{_NUM}|[A-Za-z])[ \t\u3000]?(?:#[楼樓]?|号楼|號樓|栋|棟|幢|座|期|单元|單元|区)[ \t\u3000,，\-]?(?:(?:{_NUM}|[A-Za-z])[ \t\u3000]?(?:单元|單元|号楼|栋|座|层|层|楼|门|梯)[ \t\u3000,，\-]?){{0,2}}"
    rf"(?:[0-9]{{1,2}}-[0-9]{{1,4}}|[0-9]{{2,4}}(?:[A-Za-z](?![A-Za-z0-9]))?|[一二三四五六七八九十零〇]{{2,4}})(?:(?:[室房户戶号號]{_NOT_DOOR})|(?![0-9:：.%,\-])(?![ \t\u3000]?{UNIT}))"
)
_THREE_PARTS = re.compile(rf"(?<=[{HAN}])(?<![码碼号號])[0-9]{{1,3}}-[0-9]{{1,2}}-[0-9]{{3,4}}(?![0-9\-])")
# 5-2-801 without a word between is a door only where a door is asked for.
_NUMBERED = re.compile(
    r"(?:门牌|門牌|房号|房號|房间号|住在?)[号號]?[是为：:\s]{0,2}(?P<door>[0-9]{1,3}(?:-[0-9]{1,4}){1,3})(?![0-9\-])"
)
_VILLAGE = re.compile(rf"(?<=[镇鎮乡鄉])[{HAN}]{{1,6}}?[村屯寨]")
_STOPS = frozenset(
    "在到是係喺去的我把给給从從了住寄送你他她它说說叫让讓被往写寫成跟找问問过過址为為将將有没向来邮郵呢吗啊吧哪就和与及会會家骗騙打"
)
# These stand inside real place names although they are stop words: 石家庄, 和平, 成都, 来安, 有为, 打浦.
_STOP_EXCEPTIONS = re.compile(
    r"石家庄|石家莊|张家|[王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武莫孔向汤]家"
    r"|和平|人和|成都|成华|来安|来宾|东来|建成|成功|兴成|大成|为民|有为|打浦|会展|会稽|新会|从化|从江|通过|怀来|和县|和田|和林|和顺|永和|中和|泰和|太和|和园|家园|家和|家苑|家属|世家|人家|名家|家河|花家地|呼和浩特|[^我你他她俺咱们大人]家[沟溝湾灣坝坪桥橋营營渡嘴咀浜角]|将军|將軍|向阳|向荣|万家|在田"
)
# 兰陵县向城镇: right behind a county a stop word can begin the name of a town.
_TOWN_AFTER = re.compile(rf"[向将將从從和会會来來成有为為问問打家跟][{HAN}]{{1,2}}[镇鎮乡鄉]")
# Each begins with a plain character, which is what a search can look for first.
_ADMIN = re.compile(r"省|市|自治区|县|縣|区(?<=[^小社园校街院商城山]区)|镇|鎮|乡|鄉|街道|州")
_PROVINCE = re.compile(
    "北京|上海|天津|重庆|重慶|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|廣東|海南|四川|贵州|云南|陕西|甘肃|青海"
    "|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|澳門|台湾|臺灣|台北|臺北|新北|台中|臺中|高雄|九龍|九龙|新界"
)
_FRONT = re.compile(
    r"(?:家|住|于|於|地|门牌|門牌|小区是|：|那边|这边|这个|那个|咱们?|们|俺们?|不|也|都|刚|再|放|存|停|发|后|现|跑|现在|目前|快递|包裹|电动车|楼下|门口|隔壁)+"
)
_HOME = re.compile(r"(?:住|地址|住址|家[在住是]|寄到|送到|收件|户籍|户口)[^，。；,;!！?？]{0,12}$")


def find(flat: str, low: str) -> list[Found]:
    """Spans of addresses that reach a door, a village group or a flat."""
    found: list[Found] = []
    taken = bytearray(len(flat))

    def take(start: int, end: int) -> None:
        if found and 0 <= start - found[-1][1] <= 1 and (start == found[-1][1] or flat[start - 1] in " ,，"):
            begun, start, _ = found[-1]  # 文三路477号 and the building behind it are one address
            found[-1] = (begun, end, "address")
            taken[start:end] = b"\x01" * (end - start)
        elif 1 not in taken[start:end]:
            found.append((start, end, "address"))
            taken[start:end] = b"\x01" * (end - start)

    names = _Names(flat)
    reached = 0
    for match in _DOOR.finditer(flat):
        # "6号楼3层" belongs to the door before it; asked first, for going back over the name costs the most.
        at = match.start()
        if at < reached or flat[at - 2 : at] in _UNIT_WORDS:
            continue
        # "这路3号" has no name and "88路3号" is a bus; asked before the rooms behind are read, which costs more.
        if at - reached < 2 or flat[at - 2].isdigit():
            continue
        start = _start(flat, at, reached, names)
        if at - start < 2 or _UNIT_FIRST.match(flat, start):
            continue
        end = _end(flat, match.end())
        if _is_door(flat, start, match, end):
            take(start, end)
            reached = end
    for match in _VILLAGE.finditer(flat):
        start = _start(flat, match.start(), 0, names)
        if found and start < found[-1][1] and 1 in taken[start : match.end()]:
            continue  # a list of villages goes back over one and the same name each time
        level = _LEVELS.search(flat, start, match.start())
        if level and _LEVELS.search(flat, level.end(), match.start()):
            take(start, _end(flat, match.end()))
    for pattern in (_INNER_DOOR, _THREE_PARTS) if "-" in flat else (_INNER_DOOR,):
        for match in pattern.finditer(flat):
            take(match.start(), _end(flat, match.end()))
    for match in _NUMBERED.finditer(flat):
        take(*match.span("door"))
    if _ENGLISH_HINT.search(low):
        for start, end in _english(flat, low):
            take(start, end)
    return found


# A character that no name of a place has, or that has to be looked at.
_STOP = re.compile(rf"[^\u3400-\u9fff·0-9A-Za-z]|[{''.join(sorted(_STOPS))}]")


class _Names:
    """How far back a name may reach. The same words stand before many doors: each stop is judged once."""

    def __init__(self, flat: str) -> None:
        self._flat = flat
        self._stops: list[int] | None = None
        self._ends: dict[int, int] = {}
        self.province = _PROVINCE.search(flat) is not None

    def end_before(self, position: int) -> int:
        """The last place before this one where no name goes on; -1 for none."""
        if self._stops is None:
            self._stops = [match.start() for match in _STOP.finditer(self._flat)]
        passed = []
        turn = bisect_left(self._stops, position) - 1
        while turn >= 0 and turn not in self._ends and _passes(self._flat, self._stops[turn]):
            passed.append(turn)
            turn -= 1
        if turn < 0:
            end = -1
        else:
            end = self._ends.setdefault(turn, self._stops[turn])
        for turn in passed:
            self._ends[turn] = end
        return end


def _passes(flat: str, at: int) -> bool:
    """Whether a name may go on before this sign or stop word."""
    if flat[at] in " ,，":
        return at > 0 and flat[at - 1] in "省市区县縣區镇鎮乡鄉州道路街园村"
    if flat[at] in _STOPS:
        for match in _STOP_EXCEPTIONS.finditer(flat, max(0, at - 2), at + 3):
            if match.start() <= at < match.end():
                return True
        return at > 0 and flat[at - 1] in "省市县縣區区" and _TOWN_AFTER.match(flat, at) is not None
    return False


_UNIT_WORDS = ("号楼", "號樓", "号院", "號院")
_UNIT_FIRST = re.compile(
    r"号|號|楼|樓|栋|棟|幢|单元|單元|层|室"
)  # the rest of a bare 3号楼2单元: _INNER_DOOR reads it whole
_LEVELS = re.compile(r"[省市县縣區区旗镇鎮乡鄉]")


_ATTACHED = re.compile(r"[之附][0-9一二三四五六七八九十]{1,3}$")


def _end(flat: str, end: int) -> int:
    tail = _TAIL.match(flat, end)
    end = tail.end() if tail else end
    building = _BUILDING.match(flat, end)
    if building:
        tail = _TAIL.match(flat, building.end())
        end = tail.end() if tail else building.end()
    if (
        building
        or flat[end - 1 : end] in "号號栋棟幢座楼樓层層元区區期门門院#"
        or _ATTACHED.search(flat, max(0, end - 4), end)
    ):
        room = _ROOM.match(flat, end)
        end = room.end() if room else end
    return end


def _start(flat: str, position: int, floor: int, names: _Names) -> int:
    """Back over what may be the name of a place, up to the first word that is none."""
    start = max(floor, position - 40, names.end_before(position) + 1)
    # Only one that begins within the first seven characters: the longest has three.
    province = _PROVINCE.search(flat, start, min(position, start + 9)) if names.province else None
    if province and province.start() - start <= 6 and not _LEVELS.search(flat, start, province.start()):
        return province.start()
    front = _FRONT.match(flat, start, position)
    if front and position - front.end() >= 2:
        start = front.end()
    while start < position and flat[start] in " ,，·0123456789":
        start += 1
    return start


def _is_door(flat: str, start: int, match: re.Match[str], end: int) -> bool:
    name = flat[start : match.start()].strip(" ,，")
    if len(name) < 2:
        return False
    more = end > match.end()
    bare, unit = match.group("bare", "unit")
    street = (
        name[-1] in _STREET or name[-1] == "道" or (name[-2] in "道路街" and name[-1] in "中东西南北東")
    )  # 皇后大道中99號
    if unit and (more or (street and unit in _STREET_UNITS)):
        return True
    if unit in _HOUSE_UNITS:
        return True
    admin = len(name) > 4 and _ADMIN.search(name) is not None
    if bare:
        return street or admin or bare.count("-") > 1 or _HOME.search(flat, max(0, start - 16), start) is not None
    if unit in _STREET_UNITS:
        return admin or _HOME.search(flat, max(0, start - 8), start) is not None
    return admin


_STREET_UNITS = frozenset(("号", "號", "弄", "巷"))
_HOUSE_UNITS = frozenset(
    ("号楼", "號樓", "号院", "號院", "栋", "棟", "幢", "座", "单元", "單元", "组", "組", "室", "房")
)
_ENGLISH_HINT = re.compile(
    r"(?=[rsaldbufatj])\b(?:road|rd|street|st|avenue|ave|lane|ln|drive|blvd|boulevard|room|rm|flat|unit|apt|apartment|building|bldg|block|tower|floor|lu|jie)\b"
)
_NOT_NAME = "the|a|an|on|in|at|of|to|from|and|my|his|her|by|for|yuan|rmb|cny|usd|dollars?|people|min|mins|minutes|hours?|days?|off|is|was|it|this|that|with|down|near|per|times|into|over"
_ROAD = r"(?:road|rd|street|st|avenue|ave|lane|ln|drive|boulevard|blvd|terrace|crescent|lu|jie|dadao|highway|way|court|close)"
_STREET_EN = re.compile(
    rf"(?<![a-z0-9])(?:no\.?\s?)?[0-9]{{1,5}}[a-z]?(?:[-/][0-9]{{1,4}})?,?\s(?:(?!(?:{_NOT_NAME})\b)[a-z][a-z'.]{{0,15}}\s){{1,4}}{_ROAD}\b\.?(?:\s(?:central|east|west|north|south)\b)?"
    rf"|(?<![a-z0-9])(?:(?!(?:{_NOT_NAME})\b)[a-z][a-z'.]{{1,15}}\s){{1,3}}{_ROAD}\.?,?\s(?:no\.?\s?|#)?[0-9]{{1,5}}(?![0-9])(?!\s?{UNIT})(?:[a-z](?![0-9a-z])|(?![a-z]))"
)
_PART_EN = (
    r"(?:(?:room|rm|flat|unit|apt|apartment|suite|building|bldg|block|blk|tower|house|lane|alley|entrance|floor)\.?\s?(?:no\.?\s?)?#?(?:[a-z]?[0-9]{1,5}[a-z]?(?:-[0-9]{1,5})?|[a-z](?![a-z]))"
    r"|[0-9]{1,3}(?:/f|(?:st|nd|rd|th)\s(?:floor|fl))|#[0-9]{1,3}-[0-9]{1,4}|no\.?\s?[0-9]{1,5})"
)
_ONE_EN = re.compile(_PART_EN)
_BEFORE_EN = re.compile(rf"(?<![a-z0-9]){_PART_EN}(?:,?\s{{0,2}}{_PART_EN}){{0,4}}")
_AFTER_EN = re.compile(
    rf"(?:,?\s{{1,2}}{_PART_EN}){{0,4}}(?:,\s?(?:[A-Z][A-Za-z'’\-]*|[0-9]{{5,6}})(?:\s(?:[A-Z][A-Za-z'’\-]*|[0-9]{{5,6}})){{0,3}}"
    r"|,?\s(?:[a-z]{2,15}\s){1,2}(?:district|city|province|town|county)\b){0,5}(?:\s[0-9]{5,6}(?![0-9]))?"
)
_ESTATE = re.compile(r"(?:,\s?(?:[A-Z][A-Za-z'’\-]*)(?:\s[A-Z][A-Za-z'’\-]*){0,3}){1,5}")


def _english(flat: str, low: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    reached = 0
    for match in _STREET_EN.finditer(low):
        begin = match.start()
        for part in _BEFORE_EN.finditer(low, max(reached, begin - 70), begin):
            if low[part.end() : match.start()].strip(" ,.") in ("", "lane", "no"):
                begin = part.start()
        after = _AFTER_EN.match(_mixed(flat, match.end()))
        reached = match.end() + (after.end() if after else 0)
        found.append((begin, reached))
    for match in _BEFORE_EN.finditer(low):
        estate = _ESTATE.match(flat, match.end())
        if estate or len(_ONE_EN.findall(match.group())) >= 2:
            found.append((match.start(), estate.end() if estate else match.end()))
    return found


def _mixed(flat: str, start: int) -> str:
    """The words of the door in lower case, the names of the places with the capitals that mark them."""
    return _DOOR_WORD.sub(lambda m: m.group().lower(), flat[start : start + 120])


_DOOR_WORD = re.compile(
    r"\b(?:Room|Rm|ROOM|Flat|FLAT|Unit|Apt|Apartment|Suite|Building|Bldg|Block|Tower|Floor|Lane|No)\b"
)

"""Names of people where the sentence introduces or labels them.

Chinese names have no mark of their own: 我叫李雷电话 and 我叫外卖 differ only in the surname. So a name is a surname and one
or two characters that can be a given name, and how much proof it needs depends on what stands before it.
"""

import re

from bot.core.pii_text import HAN, INERT, Found, words

_COMPOUND = "欧阳|歐陽|上官|司马|司馬|诸葛|諸葛|夏侯|尉迟|皇甫|公孙|公孫|慕容|令狐|司徒|长孙|宇文|端木|轩辕|东方|独孤|南宫|西门|呼延|闻人|澹台|万俟|申屠|太史|钟离|赫连|鲜于"
_SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房缪干解应宗丁宣邓单洪包左石崔吉龚程邢裴陆荣翁荀羊惠甄曲封芮储靳邴松井段富巫焦巴弓牧谷车侯宓蓬全班仰秋仲伊宫宁仇栾甘厉戎祖武符刘景詹束龙叶司黎薄白怀蒲从鄂索赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳姬申扶冉宰郦雍桑桂牛寿通边扈燕冀浦尚农温别庄晏柴瞿阎慕连茹习艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广阙东欧沃利蔚越隆师巩聂晁勾敖融冷訾辛阚那简饶空曾沙养鞠须丰巢关蒯相查游竺权岳帅缑亢况有佟肖付闫覃植"
    "趙錢孫吳鄭馮陳衛蔣韓楊許呂張嚴華謝鄒蘇潘魯韋馬湯羅畢鄔顧黃蕭龐紀項藍賈婁顏鍾駱萬盧鄧單龔陸劉葉龍賴喬譚莊閻廖歐聶簡饒關"
)
# Surnames that are hardly ever another word: enough proof after "我老婆" or "收款".
_SURE_SURNAMES = frozenset(
    "赵孙李周吴郑王冯陈蒋沈韩杨朱秦许吕施张孔曹严魏陶姜谢邹章苏潘葛范彭鲁韦马柳唐薛雷贺倪汤罗郝傅齐康伍余顾孟黄萧尹姚邵汪毛戴宋庞熊纪舒屈项祝董梁杜阮蓝季贾江童颜郭梅林钟徐邱骆夏蔡田樊胡凌霍虞万柯卢莫丁邓洪石崔龚程邢裴陆荣翁甄靳段侯武刘詹龙叶黎白赖卓乔谭庄阎廖耿聂曾关查游岳佟肖闫覃何任袁钱于易高方金安史廖翟申温文向"
    "趙錢孫吳鄭馮陳衛蔣韓楊許呂張嚴華謝鄒蘇魯韋馬湯羅畢顧黃蕭龐紀項藍賈婁顏鍾駱萬盧鄧龔陸劉葉龍賴喬譚莊閻歐聶簡饒關"
)
_GIVEN = frozenset(
    "三四五六大小伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰文辉玲建华国红玉萍鹏飞鑫波斌宇浩凯健俊帆帅旭宁龙林欢佳阳雪婷慧莉岩晓晨梅琳燕倩云莲真环爱妹香月莺媛瑞凡嘉琼勤珍贞莎锦黛青妍茜秋珊洁瑶婉雯薇菁梦岚婕馨瑗琰韵融园艺咏卿聪澜纯毓悦昭冰爽琬茗羽希宁欣飘育滢馥筠柔竹霭凝"
    "德厚铁柱海春生福贵财富庆志忠诚义礼智信仁和安康泰顺祥瑞荣昌盛兴隆旺达发根土水火木金山川河江湖宝珠翠凤菊花叶树松柏子轩梓涵雨泽浩然一诺思远诗琪若曦紫怡可心天宇皓晟睿博文豪杰炎彬斐翰钧铭铮锋钢伯仲叔长永久广大卫东西南北中世家学良善美好新民全成功立业进启光耀晴晖昊昱景星辰岳峰巍峻岭崇康家宏弘振震雷霆鸿鹤雁鹰虎彪豹熊培基培丰裕维纲纪经纬秉承继绍先启元亨利贞乾坤泉源润淑惠娴雅淳娇媚妮妞丹彤朱红绿青蓝素洁芝芸荷蕾蕊菲萱莹琴瑟璐璇瑾瑜珂珺琦玮玥"
    "儿森唯兵影嫣羡宸曜棠岑芙苓冉婵潼彧煊晞昶旸珑琮瑛璞筝箐绾缨翀荞荟菀蔓谨铄霁霏霈颐骞骐鹭誉毅逸雄烨煜翔奕彦哲祺祯赫恒恩娅曼蓓颖骏麒麟墨鼎昀晗晔枫栋桐桦楠榕樱沁沐泓淇淼渝潇澄炜烁焕熙熠珩琛瑄璟璨硕祎筱绍绮翊翎航芊芮苒茵蓉蔚裕谦贤跃锐锡隽靓靖颂驰穎駿恆傑賢謙鴻鵬銘鈞誠紹"
    "偉麗強軍豔娟濤國紅飛鑫勝劍輝蘭華鳳龍雲蓮愛貴財慶義禮榮興達寶樹軒澤詩學業啟燁曉靜潔夢藝韻瑩"
)
# A given name never starts with these, and a second character that starts one of the words ends the name before it.
_NOT_FIRST = frozenset(
    "的了在是被把给給说說要去不就都也跟对對我你他她这這那吗吧呢啊个個些上下出先女某什怎没還还很太让讓叫和与或及从從"
)
_NOT_SECOND = re.compile(
    r"[的了在是被把给給说說要去不就都也跟对對我你他她这這那吗吧呢啊个個卡住收借欠骗今昨已还還让讓叫想问報报打和与或因从來发転转轉提取付用又才向找没有号號]"
    r"|刚[才刚]|电话|電話|手机|手機|微信|身份|银行|銀行|账|帐|支付|前天|家住|来自|年龄|男|女|先生|小姐|现在|昨天|昨晚|地址|护照|车牌|邮箱|工商|农业|建设|中国|招商|您好|你好|联系|金额|户"
)
_TITLE = re.compile(
    r"大[妈爷娘姐哥伯叔婶]|[叔婶伯姨嫂妈爸]|奶奶|爷爷|经理|經理|老师|老師|警官|主任|总|總|先生|女士|小姐|科长|队长|隊長|律师|律師|医生|局长|处长|阿姨|叔叔|师傅|老板|书记|院长|教授|导师|法官|检察|校长|所长|某|哥|姐|工|姓|处|妈妈|爸爸|同志|同学"
)
# 我叫车, 我是高中生: words that begin with a surname and introduce nobody.
_COMMON_WORDS = re.compile(
    r"孙子(?![轩涵豪怡])|孙女|孫子|孫女|周围|安保|安全|全家|全部|水电|高利|平台|金融|黄牛|何人|于是|于[一二三四五六七八九十上下今昨去前本]|方便|马上|成天|包裹|包车|家人|常年|时候|白天|万一|任何|花钱|申请|付款|高中|高血|高铁|高速|高[一二三]|成绩|成人|成员|安心|余额|黄金|周[一二三四五六日末]|方便面|文员|安徽|安卓|江苏|江西|云南|广东|广西|广州|国内|国家"
    r"|农民|农村|石家|连云|宁波|宁夏|温州|武汉|成都|明天|常州|华为|金牌|单位|单亲|单身|解放|管理|管家|干部|干活|干什|程序|文科|水果|司机|党员|师范|牛奶|边上|利息|居民|强制|平时|平常|应该|向他|从来|支付|能不|那|有|项目|路上|路过|游戏|游客|全款|东北|毛病|文化|许多|石油"
)
_REAL_WORDS_AFTER_KIN = re.compile(_COMMON_WORDS.pattern + r"|安装|江湖|金条|金子|林业")
# These begin so many words that only a given name of two known characters makes a surname of them.
_COMMON_STARTS = frozenset("车温都双别通终相空须广钱越满计伏管查易丰银全")
_COMMON_STARTS_AFTER_KIN = _COMMON_STARTS | frozenset("于向高史游任武方白万文关何顾雷石马毛熊田江")

KIN_START = r"父亲|母亲|岳母|岳父|公公|婆婆|闺蜜|战友|客户|亲戚|侄子|侄女|外甥|舍友|合伙人|领导|主管|前任|网友|房东|男友|老婆|老公|爱人|愛人|妻子|丈夫|太太|妈|媽|爸|儿子|兒子|女儿|女兒|朋友|同事|同学|同學|邻居|鄰居|室友|奶奶|爷爷|外婆|外公|姥姥|姥爷|姐|妹|哥|弟|舅|姨|叔|婶|姑|孩子|男友|女友|对象|老板|老師|老师|我先生|她先生|孙子|孙女|孫子|孫女|外孙|民警|警官|警察|班主任|辅导员|主任|队长|所长|科长|儿媳|兒媳|闺女|閨女|媳妇|媳婦|女婿|未婚夫|未婚妻|前夫|前妻|学生|師傅|师傅|客服|经理|經理|业务员|专员|專員|会计|法官|检察官|律师|律師|医生|导师|中介|司机|嫌疑人"
_KIN = re.compile(rf"(?:{KIN_START})(?:{KIN_START}|友){{0,2}}(?=[{HAN}])")
_TWO_WORDS = re.compile(r"[A-Z][a-z]{1,15}\s[A-Z]")
_KIN_LATIN = re.compile(rf"(?:{KIN_START})\s?(?P<name>[A-Z][a-z]{{1,15}}\s[A-Z][a-z]{{1,15}})(?![A-Za-z])")
_CALLED = re.compile(
    r"(?:[我俺咱他她佢]|名字|姓名|本名|真名|对方|對方|骗子|那人|那个人|那女的|那男的|自称|自稱|老师|客服|经理|警察|民警|女儿|儿子|[爸妈媽哥姐弟妹婆公友事伴])"
    r"(?:的(?:名字|真名|本名|全名))?(?:自己|名字|真名|本名|全名|说他|说她|说)?(?:是|就|係)?(?:叫做|叫作|叫|名叫|名为)(?:\s|是|：|:){0,2}(?=\S)|(?:自称|自稱|名叫|名为|化名)(?:是|叫)?\s?(?=\S)"
)
_SOMEONE_CALLED = re.compile(rf"(?<![{HAN}])叫(?=[{HAN}])|[个位人孩子]叫(?=[{HAN}])")
_CALLED_HINT = re.compile(r"叫|名为|自称|自稱|化名")
# Each begins with a plain character: the search then looks for those first, which is three times as fast.
_LABELS = r"姓名|戶名|户名|收款人|收款方|收款户名|收款|收件人|收貨人|收货人|寄件人|开户名|開戶名|开户人|持卡人|账户名|帳戶名|户主|戶主|联系人|聯絡人|申请人|投保人|付款人|汇款人|法人|法定代表人|当事人|受害人|报案人|失主|乘客|名字|本名|真名|英文名|卡主|机主|车主|业主|号主|我是|我係|本人|他是|她是|签名|签字|署名|落款|嘅名(?=[係是叫])|個名(?=[係是叫])|个名(?=[係是叫])|转给|轉給|汇给|匯給|转账给|转帐给|轉賬給|汇款给|打款给|打钱给|付款给|经办人|經辦人|负责人|負責人|承办人|监护人|被保险人|受益人|签收人|担保人|借款人"
_LABELLED = re.compile(
    rf"(?P<label>{_LABELS})(?!姓名|名字)"
    r"(?P<link>(?:\s|是|係|为|為|叫|写的|显示|[:：=]|（|\(){0,5})(?=\S)"
)
_COMPOUND_SURNAME = re.compile(_COMPOUND)
_COMPOUND_FIRST = frozenset(name[0] for name in _COMPOUND.split("|"))
_SPACED_HAN = re.compile(rf"\s?[{HAN}]")
_ONE_HAN = re.compile(rf"[{HAN}]")
_HAN_RUN = re.compile(rf"[{HAN}](?:\s?[{HAN}]){{0,6}}")
_DOTTED = re.compile(rf"[{HAN}]{{2,8}}[·•・‧∙.][{HAN}]{{2,8}}(?:[·•・‧∙.][{HAN}]{{2,8}})?")
# Names of Uyghurs and Tibetans have no surname, but are written with few characters.
_TRANSLITERATED = re.compile(
    rf"[阿依古丽力娜扎买提麦艾合江尔肯汗木热孜迪巴特吐逊努库班伊斯卓玛达瓦次仁旦增格桑央金多吉嘎尼边平措罗布洛顿珠白拉姆]{{4,7}}(?:(?![{HAN}])|(?=[是的让讓叫说說在被把我你要]))"
)
_LATIN = re.compile(r"[A-Z][A-Za-z'’\-]{1,20}(?:[\s·.]{1,2}(?:[A-Z]\.|[A-Z][A-Za-z'’\-]{0,20})){0,3}")
_LOWER_LATIN = re.compile(r"[a-z]{3,15}(?![A-Za-z0-9])")
_LATIN_ONE = re.compile(r"[A-Za-z][A-Za-z'’\-]{1,20}(?:\s[A-Za-z][A-Za-z'’\-]{1,20}){0,2}")
_ENGLISH = re.compile(
    r"(?:\bnames?\s?(?:['’]s|is|was|are|:|：)|\bnamed(?! [a-z]+er\b)|\bcalled|\bcalls? (?:him|her)self|\bi am|\bi['’]m|\bthis is|\bcontact(?! person)|\b(?:man|woman|guy|girl|boy|someone|somebody|person|lady|user|agent|officer|manager|broker) (?:called|named)|\bname on (?:the )?(?:card|account)(?: is|:)?"
    r"|\b(?:account holder|card ?holder|payee|beneficiary|recipient|receiver|sender|contact person|full name|real name|account name|holder|name)\s?(?:is|was|[:：=])"
    r"|\b(?:my|his|her) (?:wife|husband|mother|father|mom|mum|dad|son|daughter|friend|colleague|boss|boyfriend|girlfriend|brother|sister|roommate|neighbou?r|uncle|aunt)(?:,| is| named| called)?"
    r"|\b(?:mr|mrs|ms|miss|dr)\.?)\s?[\"“'‘]?\s?(?=[a-z])",
)
_WEAK_ENGLISH = re.compile(
    r"^called|^contact|i am|i['’]m|this is|wife|husband|mother|father|mom|mum|dad|son|daughter|friend|colleague|boss|brother|sister|roommate|neighbo|uncle|aunt|mr|ms|mrs|miss|dr|sender|receiver|recipient|holder"
)
_ENGLISH_END = words(
    "and but i my me from the a an he she we they in at on to who with is was are not number phone email "
    "mobile passport card id address of for please same different fake wrong real chinese unknown correct "
    "secret private yes no so it you your his her their sir madam dear just still live living as or required "
    "needed missing empty shown hidden visible blank unclear changed matched matching registered verified "
    "account wechat whatsapp want need lost got bank police customer service used stolen leaked taken given sold "
    "put added listed written mentioned called being changed wrong"
)
_NOT_PERSON = words(
    "Chinese American British English Indian Russian French German Korean Japanese African Canadian "
    "Australian Alipay Wechat WeChat Telegram China Shanghai Beijing Wuhan Police Bank PayPal Amazon Apple "
    "Customer Public Interpol FBI DHL Taobao Facebook WhatsApp Instagram ATM VPN URGENT HELP OK"
)


_POLITE = ("先生", "女士", "小姐", "同志")
_TITLED = (*_POLITE, "警官", "老师", "老師", "经理", "律师", "律師", "医生", "主任", "教授")

# For the look that decides whether a text is read at all.
INTRODUCES = (
    rf"[叫称稱]|名为|化名|{_LABELS}|{KIN_START}|{'|'.join(_TITLED)}|[转轉打汇匯借付寄][给給到入进進]|的[账帐賬帳卡]"
)


def find(flat: str, low: str) -> list[Found]:
    """Spans of names that are introduced (我叫, my name is), labelled (姓名：, payee:) or stand after a relative."""
    found: list[Found] = []
    for match in _LABELLED.finditer(flat):
        named = _labelled(flat, match)
        if named:
            found.append((*named, "name"))
    for match in _CALLED.finditer(flat) if _CALLED_HINT.search(flat) else ():
        found += _at(flat, match.end(), sure=False)
    for pattern in (_SOMEONE_CALLED, _KIN):
        for match in pattern.finditer(flat):
            found += _at(flat, match.end(), sure=True)
    found += [(*m.span(), "name") for m in FULL_NAME.finditer(flat) if _is_told(flat, m)]
    for match in _KIN_LATIN.finditer(flat) if _TWO_WORDS.search(flat) else ():
        if _NOT_PERSON.isdisjoint(match["name"].split()):
            found.append((*match.span("name"), "name"))
    if flat.isascii() or _LATIN_ONE.search(flat):
        found += _english(flat, low)
    kept: list[Found] = []
    reached = -1
    for span in sorted(found):
        if span[0] >= reached:
            kept.append(span)
            reached = span[1]
    return kept


# Without a word of its own: 王建国先生, 转给王建国, 王建国的卡, 王建国，男, and beside a number that was masked.
_ANY_SURE, _ANY_GIVEN = (f"[{''.join(sorted(signs))}]" for signs in (_SURE_SURNAMES, _GIVEN))
FULL_NAME = re.compile(
    rf"{_ANY_SURE}(?:(?:{_ANY_GIVEN}[{HAN}]?|[{HAN}]{_ANY_GIVEN})(?={'|'.join(_POLITE)})|{_ANY_GIVEN}{{2}})"
)
_BEFORE_NAME = ("联系", "聯絡", "找", "给", "給", "和", "跟", "把", "与", "被", "向", "加")
_OWNS = re.compile(
    r"的(?:账|帐|賬|帳|卡|名[字下]|微信|支付宝|手机|电话|身份|[妈爸母父儿女妻家哥姐弟妹]|老公|老婆|丈夫)"
)
_REACHES = re.compile(r"[转轉打汇匯借付寄][给給到入进進]了?$|叫$")
_SEX = re.compile(rf"[\s，,、]{{1,2}}[男女](?![{HAN}])")


def _is_told(flat: str, match: re.Match[str]) -> bool:
    """Whether a full name is one by what stands around it."""
    start, end = match.span()
    if end - start == 2 or not _GIVEN.issuperset(
        flat[start + 1 : end]
    ):  # before 先生; inside other words it is no name
        return not start or not _ONE_HAN.match(flat, start - 1) or flat[start - 1] in "的是叫给找"
    if flat.startswith(_TITLED, end) or _OWNS.match(flat, end):
        return True
    if _REACHES.search(flat, max(0, start - 3), start):
        return not _ONE_HAN.match(flat, end) or _NOT_SECOND.match(flat, end) is not None
    if _ONE_HAN.match(flat, end):
        return False
    if start and _ONE_HAN.match(flat, start - 1) and not flat.endswith(_BEFORE_NAME, 0, start):
        return False
    # 6226… 张志强: apart from the number, for 「[姓名]张三丰」 is a token that someone typed.
    apart = start > 1 and flat[start - 2] == INERT and flat[start - 1] in " ，,、:："
    return apart or INERT in flat[end : end + 2] or _SEX.match(flat, end) is not None


_WEAK_LABELS = words(
    "我是 我係 他是 她是 签名 签字 署名 落款 转账给 转帐给 轉賬給 汇款给 打款给 打钱给 付款给 本人 收款 名字 乘客 失主 转给 轉給 汇给 匯給 经办人 經辦人 负责人 負責人 承办人 监护人 被保险人 受益人 签收人 担保人 借款人"
)
_I_AM = frozenset(("我是", "我係", "他是", "她是"))
_COLONS = frozenset(":：=")
_DOTS = frozenset("·•・‧∙.")
_IS = frozenset("是係为為叫示")


def _labelled(flat: str, match: re.Match[str]) -> tuple[int, int] | None:
    label, link = match.groups()
    start = match.end()
    weak_label = label in _WEAK_LABELS
    colon = not _COLONS.isdisjoint(link) and label not in _I_AM
    said = colon or not _IS.isdisjoint(link)
    if not _ONE_HAN.match(flat, start):
        latin = _LATIN.match(flat, start)
        fits = latin is not None and (said or not weak_label) and latin.group() not in _NOT_PERSON
        return latin.span() if latin and fits else None
    dotted = _DOTTED.match(flat, start) if not _DOTS.isdisjoint(flat[start + 2 : start + 9]) else None
    if dotted and (said or not weak_label):
        return dotted.span()
    if colon and not weak_label:
        run = _HAN_RUN.match(flat, start)
        end = run.end() if run else start
        if 2 <= end - start <= 3 and flat[start] in _SURNAMES and not _TITLE.match(flat, start + 1, end):
            return start, end
        if (
            2 <= end - start - flat.count(" ", start, end) <= 4
            and flat[start] not in _NOT_FIRST
            and flat[end : end + 1] not in _COLONS  # the next line of a form that was left empty
            and not _TITLE.search(flat, start + 1, end)
        ):
            return _chinese(flat, start, sure=False) or (start, end)
    foreign = _TRANSLITERATED.match(flat, start)
    if foreign:
        return foreign.span()
    if not colon and _is_word(flat, start, after_kin=False):
        return None
    named = _chinese(flat, start, sure=weak_label and not colon)
    if named and label in _I_AM and not _OWNS.match(flat, named[1]):
        # "我是李雷，" introduces; "我是安徽人", "我是江西的" describe.
        after = flat[named[1] : named[1] + 1]
        if (
            after.strip()
            and after not in "，,。；;！!、.\ufffc（("
            and not flat.startswith(("电话", "手机", "身份证", "住", "微信"), named[1])
        ):
            return None
        if flat[named[1] - 1] in "生员師师人家者民工户长友客市省区店院":
            return None
    return named


def _at(flat: str, start: int, *, sure: bool) -> list[Found]:
    if not _ONE_HAN.match(flat, start):
        latin = None if sure else _LATIN.match(flat, start) or _LOWER_LATIN.match(flat, start)
        return [] if latin is None or latin.group() in _NOT_PERSON else [(*latin.span(), "name")]
    if not sure:
        dotted = not _DOTS.isdisjoint(flat[start + 2 : start + 9]) and _DOTTED.match(flat, start)
        foreign = dotted or _TRANSLITERATED.match(flat, start)
        if foreign:
            return [(*foreign.span(), "name")]
    if _is_word(flat, start, after_kin=sure):
        return []
    named = _chinese(flat, start, sure=sure)
    return [(*named, "name")] if named else []


def _is_word(flat: str, start: int, *, after_kin: bool) -> bool:
    """Whether an everyday word stands here, which only begins like a name."""
    if (_REAL_WORDS_AFTER_KIN if after_kin else _COMMON_WORDS).match(flat, start):
        return True
    if flat[start : start + 1] not in (_COMMON_STARTS_AFTER_KIN if after_kin else _COMMON_STARTS):
        return False
    given = flat[start + 1 : start + 3]
    ends = not _ONE_HAN.match(flat, start + 3) or _NOT_SECOND.match(flat, start + 3)
    return not (len(given) == 2 and _GIVEN.issuperset(given) and ends)


def _chinese(flat: str, start: int, *, sure: bool) -> tuple[int, int] | None:
    """A surname and its given name at this place, or nothing. `sure` asks for an unmistakable surname and given name."""
    compound = _COMPOUND_SURNAME.match(flat, start) if flat[start : start + 1] in _COMPOUND_FIRST else None
    if compound:
        position = compound.end()
    elif flat[start : start + 1] in (_SURE_SURNAMES if sure else _SURNAMES) and start < len(flat):
        position = start + 1
    else:
        return None
    if sure and not compound and _GIVEN.isdisjoint(flat[position : position + 4]):
        return None
    if _TITLE.match(flat, position):
        return None
    given = _given(flat, position)
    if not given or given[0] in _NOT_FIRST or (_NOT_SECOND.match(flat, position) and sure):
        return None
    text = given.replace(" ", "")
    if sure and not compound:
        if len(text) == 1:
            if text not in _GIVEN or (_ONE_HAN.match(flat, position + 1) and not _NOT_SECOND.match(flat, position + 1)):
                return None
        elif not any(c in _GIVEN for c in text):
            return None
    return start, position + len(given)


def _given(flat: str, position: int) -> str:
    first = _SPACED_HAN.match(flat, position)
    if not first:
        return ""
    second = _SPACED_HAN.match(flat, first.end())
    if (
        not second
        or (second.group()[0].isspace() and not first.group()[0].isspace())
        or _NOT_SECOND.match(flat, second.end() - 1)
    ):
        return first.group() if not first.group()[0].isspace() or second is None else ""
    return first.group() + second.group()


def _english(flat: str, low: str) -> list[Found]:
    found: list[Found] = []
    for match in _ENGLISH.finditer(low):
        start = match.end()
        weak = _WEAK_ENGLISH.search(match.group()) is not None
        latin = _LATIN.match(flat, start)
        if latin:
            parts = latin.group().split()
            while parts and (parts[-1].lower() in _ENGLISH_END or parts[-1] in _NOT_PERSON):
                parts.pop()
            title = match.group().strip(" .\"“'‘") in ("mr", "mrs", "ms", "miss", "dr")
            if (
                not parts
                or parts[0].lower() in _ENGLISH_END
                or parts[0] in _NOT_PERSON
                or (weak and len(parts) < 2 and not title)
            ):
                continue
            found.append((start, start + len(" ".join(parts)), "name"))
        elif not weak and not re.search(r"called|named", match.group()) and (plain := _LATIN_ONE.match(flat, start)):
            parts = []
            for word in plain.group().split(" "):
                if word.lower() in _ENGLISH_END:
                    break
                parts.append(word)
            if parts:
                found.append((start, start + len(" ".join(parts)), "name"))
    return found

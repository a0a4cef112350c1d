"""Simplified into traditional script, in the everyday words of a Taiwan reader.

OpenCC turns the characters. Its own table of Taiwan words (s2twp) is one of computing and misreads everyday talk: 网上认识的
对象 became an object of a program, 社区 an online community, 书面程序 software. The words below are the ones our texts use.
"""

from __future__ import annotations

import re

import opencc

_S2TW = opencc.OpenCC("s2tw")

#: Simplified word -> what stands for it; the longest match wins. A video call (視訊) is no video (影片).
WORDS = {
    # telephones and computers
    "短信": "簡訊", "软件": "軟體", "网络": "網路", "屏幕": "螢幕", "登录": "登入", "链接": "連結", "二维码": "二維碼",
    "网页": "網頁", "小程序": "小程式", "安装程序": "安裝程式", "打印": "列印", "数据": "資料", "信息": "資料", "用户": "使用者",
    "卸载": "移除", "卸掉": "移除", "先卸": "先移除", "激活": "啟用", "默认": "預設", "搜索": "搜尋", "U盘": "隨身碟",
    "智能手机": "智慧型手機", "应用商店": "應用程式商店", "飞行模式": "飛航模式", "强制重启": "強制重新開機",
    "重启": "重新開機", "恢复出厂设置": "恢復原廠設定", "恢复出厂": "恢復原廠設定", "呼叫转移": "來電轉接",
    "屏幕共享": "螢幕分享", "共享屏幕": "分享螢幕", "录屏": "螢幕錄影", "服务器": "伺服器", "摄像头": "監視器",
    "截图录屏": "截圖、螢幕錄影", "设置": "設定", "黑客": "駭客", "联系": "聯絡", "录像": "錄影",
    "发消息": "傳訊息", "怪消息": "怪訊息", "人工智能": "人工智慧", "充值": "儲值", "点卡": "點數卡",
    # pictures that move
    "视频": "影片", "短视频": "短影音", "视频通话": "視訊通話", "视频聊天": "視訊聊天", "开视频": "開視訊",
    "着视频": "著視訊", "要视频": "要視訊", "关掉视频": "關掉視訊", "接视频": "接視訊", "做视频": "做視訊", "在视频里": "在視訊裡",
    "视频做笔录": "視訊做筆錄", "好好视频": "好好視訊", "的视频和电话": "的視訊和電話", "警服视频": "警服視訊",
    "FaceTime 视频": "FaceTime 視訊", "视频电话": "視訊電話", "视频里的脸": "視訊裡的臉",
    # money and errands
    "提现": "提領", "出租车": "計程車", "打车软件": "叫車軟體", "打车": "叫車", "质量": "品質", "地铁": "捷運", "公交": "公車",
    "渠道": "管道", "出租公司": "計程車行", "重启不了": "關不了機", "点赞": "按讚", "噪声": "噪音",
    # characters that OpenCC takes apart wrongly
    "卡里": "卡裡", "道里": "道裡", "渠道里": "管道裡", "卡松": "卡鬆", "划走": "劃走", "签": "簽", "标签": "標籤",
    "拦截发送": "攔截發送", "发卡": "發卡", "发币": "發幣", "银发〔": "銀發〔", "不准": "不准",
}  # fmt: skip
_KNOWN = re.compile("|".join(sorted(map(re.escape, WORDS), key=lambda word: (-len(word), word))))
#: 賬 and 臺 are right too, and rare: a reader expects these, and corner brackets for quotation marks.
_VARIANTS = str.maketrans({"賬": "帳", "臺": "台", "溼": "濕", "“": "「", "”": "」", "‘": "『", "’": "』"})


def convert(text: str) -> str:
    """Placeholders and Latin text stay as they are."""
    converted = str(_S2TW.convert(_KNOWN.sub(lambda match: WORDS[match[0]], text)))
    return converted.replace("藉手機", "借手機").translate(_VARIANTS)  # to borrow a telephone, not by means of one

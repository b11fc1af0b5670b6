"""Whether a line asks something, told without a model: for comments that nobody addressed to us."""

import re

_MARK = re.compile(r"[?？](?:[\s!~.…)\]\"'”’]|$)")
_KOREAN = re.compile(
    r"(?:나요|까요|(?:건|뭔|인|은|한|던|런|큰|른|운|된|쁜)가요|는지요|니까|느냐|냐고요|냐)[\s~.…!ㅋㅎㅠㅜ^]*$"
    r"|(?:왜|뭐|뭘|무엇|무슨|어떻|어떤|얼마|언제|누구|누가|어디|몇).*(?:죠|지|니|야|예요|에요|요)[\s~.…!ㅋㅎㅠㅜ^]*$"
)
_KOREAN_ASKS = re.compile(
    r"(?:알려|설명해|가르쳐|말해|비교해|요약해|정리해|찾아|보여|풀어)\s?(?:주세요|줘요|줘|주실|주시|주십시오|달라)"
    r"|(?:궁금|부탁드|부탁합)|(?:뭔지|인지|는지|은지|런지|어떤지)\s?(?:궁금|알고|알려|모르겠)"
)
_KOREAN_WORD = re.compile(
    r"^(?:왜|어떻게|어떤|무엇|무슨|뭐|뭔|몇|언제|어디|누가|누구|얼마나)(?:\s|$)|(?:차이|이유|의미)[는은가?]?[\s.]*$"
)
_ENGLISH = re.compile(
    r"^(?:@\w+\s+)?(?:so |and |but |also |hey |hi |ok |okay |then )?"
    r"(?:what|why|how|which|who|whom|whose|when|where|is|are|was|were|does|do|did|can|could|would|should|will|has|have"
    r"|isn't|aren't|doesn't|don't|didn't|can't|explain|compare|summari[sz]e|tell (?:me|us)|show (?:me|us)|anyone know"
    r"|any idea|i wonder|wondering|curious|please explain)\b",
    re.IGNORECASE,
)
_IDLE = re.compile(
    r"^(?:why not|how (?:nice|cool|cute|lovely|funny|neat|sad|about that|dare|come on)|what a\b|what an\b|is it just me"
    r"|can't wait|can not wait|cannot wait|who cares|will do|do it|have fun|have a\b|don't worry|could be|would be nice"
    r"|should be fun|will read|can confirm|was about to|is nice|how the turn)",
    re.IGNORECASE,
)
_CHEER = (
    "진짜|정말|레알|실화|ㄹㅇ|헐|와|오|리얼|그래|그쵸|그죠|맞죠|실화임|실화냐|대박이죠|좋죠|그렇죠|아니겠습니까|"
    "really|seriously|right|srsly|wow|huh|lol|oh|no way"
)
_RHETORIC = re.compile(rf"^(?:(?:{_CHEER})[\s,]*){{0,3}}[?？!~.ㅋㅎㅠㅜ\s]*$", re.IGNORECASE)
_TO_PEOPLE = re.compile(
    r"(?:식사|점심|저녁|밥|커피|주말|휴가|퇴근|출근|스터디|모임|회의|안녕하|안녕들|잘 지내|계신가|계시나|오시나|"
    r"가시나|가실|오실|드셨|갈까요|볼까요 우리|할까요 우리|만날까|시간 되|괜찮으)"
    r"|\b(?:lunch|dinner|coffee|weekend|meeting|meet up|anybody here|anyone here|how are you|what's up|whats up|"
    r"see you|you guys|y'all|are you free|who's in)\b",
    re.IGNORECASE,
)


def is_question(text: str) -> bool:
    """True where a line asks about something; thanks, talk among people and cheers are False."""
    words = " ".join(text.split())
    if not any(character.isalpha() for character in words) or _RHETORIC.match(words) or _TO_PEOPLE.search(words):
        return False
    if _KOREAN_ASKS.search(words) or _KOREAN.search(words) or _KOREAN_WORD.search(words):
        return True
    if _IDLE.match(words):
        return False
    return bool(_MARK.search(words) or _ENGLISH.match(words))


_THANKS = re.compile(
    r"^(?:정말|진짜|너무|항상|늘|오늘도|좋은|유익한|귀한|아|오|와|우와|네|넵|예|옙|응|ㅇㅇ|음|역시|완전|ok|okay|oh|wow|so|very|many|"
    r"thank|thanks|thx|ty|great|nice|cool|good|awesome|amazing|excellent|love|got|it|this|that|the|a|you|much|for|"
    r"sharing|job|work|bot|post|digest|interesting|lol|haha|yes|no|yep|nope|sure|sounds|perfect|super|helpful|🙏|👍|"
    r"감사합니다|감사해요|감사|고맙습니다|고마워요|고마워|땡큐|잘|봤습니다|봤어요|보겠습니다|읽겠습니다|읽었습니다|좋네요|좋아요|"
    r"좋습니다|좋은데요|대박|최고|최고네요|최고예요|굿|굳|수고하셨습니다|수고하세요|수고|공유|덕분에|도움|많이|됐습니다|됩니다|"
    r"되네요|자료|정보|글|흥미롭네요|재밌네요|재미있네요|신기하네요|멋지네요|알겠습니다|그렇군요|그러네요|ㅋ+|ㅎ+|ㅠ+|ㅜ+|안녕하세요|"
    r"안녕|hello|hi|hey|bye)(?=$|[\s!~.,…♡♥^ㅋㅎㅠㅜ\U0001F300-\U0001FAFF])",
    re.IGNORECASE,
)


def is_small_talk(text: str) -> bool:
    """Thanks, cheers and laughter alone: nothing that wants an answer, even where it is said to us."""
    left = " ".join(text.split())
    while left:
        found = _THANKS.match(left)
        if not found:
            return not any(character.isalnum() for character in left)
        left = left[found.end() :].lstrip(" !~.,…♡♥^ㅋㅎㅠㅜ")
    return True

"""Korean texts."""

from bot.texts.base import Texts

KOREAN = Texts(
    steps={
        "collect": "수집",
        "merge": "중복 합치기",
        "select": "선정",
        "classify": "분류",
        "summarise": "요약",
        "check": "검증에서 뺀 문장",
        "chart": "차트",
        "publish": "배달",
    },
    starting="2024년 10월 6일 예시 자료로 다이제스트를 만듭니다.",
    made="완성했습니다({seconds:.1f}초).",
    rest="나머지 {count}개 묶음은 /digest 로 볼 수 있습니다. 도움말은 /help, 끝내려면 /quit 입니다.",
    questions_not_yet="질문에는 아직 답하지 못합니다. 다이제스트를 보시려면 /digest 를 입력해 주세요.",
    ready_question="1번 논문은 무엇을 새로 제안했나요?",
    no_such_section="그런 분류가 없습니다. 있는 분류: {names}",
    no_digest="아직 다이제스트가 없습니다.",
    unknown_command="모르는 명령입니다. /help 를 입력해 보세요.",
    help="/digest — 전체 다이제스트\n/digest 분류 — 한 분류만(예: /digest 로보틱스)\n/help — 도움말\n/quit — 끝내기",
    goodbye="안녕히 가세요.",
    ready="준비했습니다({seconds:.1f}초). 끝내려면 Ctrl-C 를 누르세요.",
    files="파일을 저장했습니다.",
    corrected="{number}번째 글을 다음과 같이 고쳤습니다.",
    taken_back="{number}번째 글을 거두었습니다.",
)

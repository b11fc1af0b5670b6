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
    help=(
        "/digest — 전체 다이제스트\n/digest 분류 — 한 분류만(예: /digest 로보틱스)\n"
        "/subscribe — 구독\n/unsubscribe — 구독 멈춤\n/help — 도움말\n/quit — 끝내기"
    ),
    goodbye="안녕히 가세요.",
    ready="준비했습니다({seconds:.1f}초). 끝내려면 Ctrl-C 를 누르세요.",
    files="파일을 저장했습니다.",
    corrected="{number}번째 글을 다음과 같이 고쳤습니다.",
    taken_back="{number}번째 글을 거두었습니다.",
    may_not_subscribe="이 채팅을 관리할 수 있고 이용이 허락된 분만 구독할 수 있습니다.",
    subscribed="구독했습니다. 평일 {slot}({zone})에 다이제스트를 보내 드립니다.",
    unsubscribed="구독을 멈추었습니다. 설정은 그대로 두었으니 /subscribe 로 다시 시작할 수 있습니다.",
    waits_for_owner="운영자에게 구독을 신청했습니다. 승인되면 다이제스트가 도착합니다.",
    asks_to_subscribe="{name} 채팅에서 구독을 신청했습니다. 승인하려면 /approve {name} 을 입력하세요.",
    approved="승인했습니다: {name}",
    nobody_waits="승인을 기다리는 채팅이 아닙니다: {name}",
    owners_only="운영자만 쓸 수 있는 명령입니다.",
    owner_now="이제 운영자입니다. 문제가 생기면 여기로 알려 드립니다.",
    code_is_wrong="맞지 않거나 기한이 지난 코드입니다.",
    bot_ready="{name} — 초대 링크: {invite}",
    owner_code="아직 운영자가 없습니다. 24시간 안에 봇과의 개인 대화에서 /owner {code} 를 보내 주세요.",
    continued="(이어서)",
    ask_hint="답장으로 물어보세요. 예: “1번 논문은 무엇을 새로 제안했나요?”",
    cannot_see_channel=(
        "{name} 채널을 구독하려면 먼저 봇을 글 쓰기 권한이 있는 관리자로 추가해 주세요. "
        "신청하시는 분도 관리자여야 합니다."
    ),
    digest_comes="곧 이 채널에 올립니다.",
)

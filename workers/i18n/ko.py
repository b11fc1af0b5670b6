"""The digest's fixed texts in Korean."""

from workers.domain.models import ANNOUNCED_BEFORE, NOT_SELECTED, REPLACEMENT, WITHDRAWN
from workers.domain.units import UnitKind
from workers.i18n.catalog import DigestCatalog

KOREAN = DigestCatalog(
    date="{year}년 {month} {day}일",
    months=("1월", "2월", "3월", "4월", "5월", "6월", "7월", "8월", "9월", "10월", "11월", "12월"),
    title="{date} AI 논문 다이제스트",
    parts=("주요 주제", "공통 키워드와 트렌드", "핵심 내용", "영향", "전망"),
    summary="요약",
    sources="출처",
    highlights="오늘의 핵심",
    one_each="한 편씩",
    excerpts="원문 발췌",
    excerpt_note="따옴표 안은 초록의 문장을 그대로 옮긴 것입니다.",
    chart_title="오늘 고른 {listed}편 / 새 논문 {new}편",
    chart_trend="최근 14일 새 논문 수",
    footer="모은 논문 {collected}편(새 논문 {new}편) 중 {listed}편을 골랐습니다.",
    not_chosen="고르지 않은 논문: {reasons}",
    reasons={
        ANNOUNCED_BEFORE: "이미 소개함",
        REPLACEMENT: "개정판",
        WITHDRAWN: "철회됨",
        NOT_SELECTED: "선정하지 않음",
    },
    theme="{phrases} 등을 다룬 논문 {count}편입니다.",
    keyed_line="{phrases} — {quote}",
    quote="“{sentence}”",
    quiet="{date}에는 새로 발표된 논문이 없습니다.",
    quiet_source="{name}: 새 논문이 없습니다.",
    failed_source="{name}: 가져오지 못했습니다({reason}). 빠진 논문은 다음 호에 싣습니다.",
    merged_one="{name} 논문: {places} → 한 편",
    merged_many="여러 곳에 실린 논문 {count}편을 하나로 합침",
    places=("", "한 곳", "두 곳", "세 곳", "네 곳", "다섯 곳"),
    places_many="{count}곳",
    tally="{entries}건 → {papers}편",
    votes="추천 {count}",
    partly="일부 분류는 모델이 쓰지 못해 원문 발췌로 실었습니다.",
    which_paper="어느 논문에 대한 질문인가요?",
    no_paper="어느 논문에 대한 질문인지 알 수 없습니다. “7번 논문은…”처럼 번호나 제목을 함께 적어 주세요.",
    answer_failed="죄송합니다. 이 질문에는 답하지 못했습니다. 잠시 뒤에 다시 물어봐 주세요.",
    budget_spent="오늘 모델에 쓸 수 있는 예산을 다 써서, 논문의 대목을 그대로 보여 드립니다.",
    not_said="논문에서 이에 대한 내용을 찾지 못했습니다. 가장 가까운 대목은 다음과 같습니다.",
    closest="논문에서 가장 가까운 대목입니다.",
    was_read={"html": "전문(HTML)을 읽었습니다.", "pdf": "전문(PDF)을 읽었습니다.", "abstract": "초록만 읽었습니다."},
    alert_failed=(
        "{date} 다이제스트를 아직 만들지 못했습니다. 어느 출처에서도 가져오지 못했습니다({reason}). "
        "10분마다 다시 시도합니다."
    ),
    alert_sources="{date} 다이제스트에 빠진 출처가 있습니다.",
    alert_given_up="실패한 작업이 있습니다. {unit} · {about}: {reason}. 나머지는 그대로 진행됩니다.",
    alert_waits="기다리는 작업이 있습니다. {unit} · {about}: {reason}. 나머지는 그대로 진행됩니다.",
    units={
        UnitKind.EDITION: "호",
        UnitKind.SOURCE: "출처",
        UnitKind.TEXT: "다이제스트",
        UnitKind.SECTION: "분류",
        UnitKind.READING: "논문 읽기",
        UnitKind.DELIVERY: "전송",
        UnitKind.UPDATE: "메시지 처리",
        UnitKind.QUESTION: "질문",
    },
)

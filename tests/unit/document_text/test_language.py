"""The language of most of a text, or None."""

from __future__ import annotations

import pytest

from lambdas.shared.domain.document_language import language_of

SENTENCES = {
    "en": "The report about the sales in the third quarter is on the table.",
    "de": "Das ist ein kurzer Text über die Häuser, der nicht sehr lang ist.",
    "fr": "Le rapport sur les ventes du trimestre est dans le dossier.",
    "es": "Este es un informe sobre las ventas del tercer trimestre en la empresa.",
    "pt": "Este é um relatório sobre as vendas da empresa e não do ano.",
    "it": "Questo è il rapporto sulle vendite del terzo trimestre della società.",
    "nl": "Dit is het rapport over de verkoop van het derde kwartaal.",
    "sv": "Det är en rapport som inte är lång och som handlar om försäljningen.",
    "no": "Rapporten er ikke lang, og den ble skrevet etter møtet mellom oss og dem av leder.",
    "da": "Rapporten er ikke lang, og den blev skrevet efter mødet mellem os og dem af lederen.",
    "pl": "Sprawozdanie o sprzedaży za trzeci kwartał jest na stole i nie jest długie.",
    "cs": "Zpráva o prodeji je na stole a není dlouhá, ale také se to podle nás čte.",
    "tr": "Bu rapor üçüncü çeyrek için hazırlandı ve çok uzun değil ama daha iyi bir özet var.",
    "id": "Laporan ini adalah untuk kuartal yang akan datang dan tidak panjang karena itu dapat dibaca.",
    "vi": "Báo cáo này là của công ty và được viết cho những người đã làm việc trong năm.",
    "ru": "Отчёт о продажах не длинный, и это хорошо для нас, как и в прошлом году.",
    "uk": "Звіт про продажі не довгий, і це добре для нас, як і в минулому році.",
    "ar": "هذا التقرير عن المبيعات في الربع الثالث من العام وقد ارتفعت بعد ذلك.",
    "fa": "این گزارش برای فروش در سال است و با آن که کوتاه است می توان از آن را خواند.",
    "el": "Η έκθεση για το τρίτο τρίμηνο.",
    "ko": "한국어로 쓴 report 입니다.",
    "ja": "報告書です。これは短い文章。",
    "zh": "报告显示销售增长。",
    "hi": "यह तिमाही की रिपोर्ट है।",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_tells_its_language(language: str) -> None:
    assert language_of([SENTENCES[language]]) == language


@pytest.mark.parametrize("text", ["", "12 | 34 | 5.60", "Hello", "XK-200 | Total | 45", "\u2603 \u2603"])
def test_what_does_not_tell_is_unknown(text: str) -> None:
    assert language_of([text]) is None


def test_most_of_a_long_text_counts_not_its_beginning() -> None:
    assert language_of([SENTENCES["en"] * 300, SENTENCES["de"] * 4000, ""]) == "de"
    assert language_of(["x", SENTENCES["ko"] * 10_000]) == "ko"

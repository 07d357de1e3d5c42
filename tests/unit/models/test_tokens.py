"""The token estimate: never far below a real tokenizer, in any script."""

from __future__ import annotations

from pathlib import Path

import pytest
import wordllama
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from lambdas.shared.domain.tokens import MOST_TOKENS_PER_CHARACTER, estimate_tokens

SAMPLES = {
    "English": "The night was cold, so the quick brown fox went home and slept until the morning came. " * 20,
    "German": "Die Bundesregierung hat gestern die Umsatzsteuervoranmeldung für Kleinunternehmer abgeschafft. " * 20,
    "Korean": "안녕하세요. 오늘 회의에서는 다음 분기의 매출 목표와 신규 고객 확보 전략에 대해 논의했습니다. " * 20,
    "Chinese": "今天的会议讨论了下一季度的销售目标以及获取新客户的策略，大家都认为需要增加预算。" * 20,
    "Japanese": "本日の会議では、来四半期の売上目標と新規顧客の獲得戦略について話し合いました。" * 20,
    "Russian": "Сегодня на совещании мы обсудили цели продаж на следующий квартал. " * 20,
    "code": Path(__file__).read_text(encoding="utf-8"),
    "table": "\n".join(f"{n},{n * 37 % 1000},{n * 7.25:.2f},2026-11-{n % 28 + 1:02d}" for n in range(300)),
}


@pytest.fixture(scope="module")
def small_vocabulary() -> Tokenizer:
    """32,000 entries: models have larger ones, so they need fewer tokens than this."""
    folder = Path(wordllama.__file__).parent / "tokenizers"
    tokenizer = Tokenizer.from_file(str(folder / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_truncation()
    return tokenizer


@pytest.mark.parametrize("kind", SAMPLES)
def test_counts_at_least_what_a_real_tokenizer_does(kind: str, small_vocabulary: Tokenizer) -> None:
    real = len(small_vocabulary.encode(SAMPLES[kind], add_special_tokens=False).ids)
    assert 0.99 * real <= estimate_tokens(SAMPLES[kind]) <= 3 * real


def test_nothing_costs_nothing() -> None:
    assert estimate_tokens("") == 0
    assert estimate_tokens("a") == 1


@given(st.text(), st.text())
def test_more_text_is_never_fewer_tokens(one: str, other: str) -> None:
    assert estimate_tokens(one + other) >= max(estimate_tokens(one), estimate_tokens(other))
    assert estimate_tokens(one + other) <= estimate_tokens(one) + estimate_tokens(other)


@given(st.text())
def test_no_character_costs_more_than_the_most(text: str) -> None:
    assert estimate_tokens(text) <= MOST_TOKENS_PER_CHARACTER * len(text)
    assert estimate_tokens("🎉" * 10) == MOST_TOKENS_PER_CHARACTER * 10


def test_a_lone_surrogate_is_counted_too() -> None:
    assert estimate_tokens("\ud800") == 2

"""Tells what a turn wants: a summary, an answer, a greeting back, or only to be heard."""

from __future__ import annotations

import re
from enum import Enum


class Intent(Enum):
    """What the last turn wants."""

    SUMMARY = "summary"
    QUESTION = "question"
    TASK = "task"
    GREETING = "greeting"  # or a question about the one that answers
    STATEMENT = "statement"


_SUMMARY = re.compile(
    r"\b(summar(?:y|ies|i[sz]e[ds]?|i[sz]ing|i[sz]ation)|tl;?dr|key (?:points|takeaways|facts)|main (?:points|ideas?)"
    r"|gist|recap|bullet[ -]?points?|sum up|overview|what is (?:this|the) \w+ about|zusammenfass\w*"
    r"|fass\w* .*zusammen|résum\w*|resum\w*|riassu\w*|samenvat\w*)|요약|정리해|总结|總結|摘要|概括|要約|резюм|ملخص",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"\W*(hi|hello|hey|good (morning|afternoon|evening|day)|greetings|hallo|guten tag|bonjour|hola|ciao|olá"
    r"|안녕(하세요)?|你好|こんにちは)\b[^?]{0,30}?(how are you( today| doing)?)?\W*",
    re.IGNORECASE,
)
_ABOUT_ME = re.compile(r"\W*(who|what) are you\W*|\W*what can you do( for me)?\W*", re.IGNORECASE)
_ASKING = re.compile(
    r"\W*(who|what|when|where|why|which|whose|how|is|are|was|were|do|does|did|can|could|will|would|should|has|have"
    r"|wer|was|wann|wo|warum|wie|welche\w*|qui|que|quoi|où|quand|comment|pourquoi|quel\w*|qué|quién|dónde|cuándo|cómo)\b",
    re.IGNORECASE,
)
_ASKING_ELSEWHERE = re.compile(
    r"[?？]|(까요?|나요|인가요|뭐야|누구|어디|언제|무엇|什么|什麼|谁|哪里|怎么|何です)", re.IGNORECASE
)
_TASK = re.compile(
    r"\W*(?:please\W+|could you\W+|can you\W+|now\W+)?(tell|explain|describe|write|list|give|show|name|find|translate"
    r"|create|generate|compose|draft|compare|suggest|extract|classify|answer|define|discuss|outline|provide|identify"
    r"|analy[sz]e|rewrite|make|help|calculate|quote|repeat|remind|schreib\w*|erklär\w*|nenn\w*|écri\w*|expliqu\w*"
    r"|escrib\w*|explic\w*)\b|.*(해\s?주세요|해줘|알려|써줘|请|請|教えて|ください)",
    re.IGNORECASE | re.DOTALL,
)
LONGEST_STATEMENT = 1_500  # characters: more than that, without a question, is material


def intent_of(instruction: str) -> Intent:
    """Judged by the words alone; several sentences count as a question when one of them is."""
    text = instruction.strip()
    if _SUMMARY.search(text):
        return Intent.SUMMARY
    if _GREETING.fullmatch(text) or _ABOUT_ME.fullmatch(text):
        return Intent.GREETING
    if _ASKING_ELSEWHERE.search(text):
        return Intent.QUESTION
    if _TASK.match(text):
        return Intent.TASK
    return Intent.QUESTION if _ASKING.match(text) and len(text) < 200 else Intent.STATEMENT


def question_in(instruction: str) -> str:
    """The part of a turn that asks, without the sentences around it; the whole turn where nothing is marked."""
    asking = [piece.strip() for piece in re.findall(r"[^.!?。！？\n]+[?？]", instruction)]
    return " ".join(asking) or instruction

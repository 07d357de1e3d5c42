"""Answers a chat turn from what stands in the conversation, and says so where nothing does."""

from __future__ import annotations

from local.bedrock.embedded.evidence import ASSISTANT, MATERIAL, SYSTEM, USER, Evidence, find_evidence, gather
from local.bedrock.embedded.intent import LONGEST_STATEMENT, Intent, intent_of, question_in
from local.bedrock.embedded.length_wish import read_length_wish
from local.bedrock.embedded.prompt_reading import Reading
from local.bedrock.embedded.ranking import RankedText, ends_as_sentence
from local.bedrock.embedded.restatement import speaks_of_self, turned_around
from local.bedrock.embedded.sentences import split_sentences
from local.bedrock.embedded.summary import summarize

WHO = (
    "I am the local extractive model, not a language model: I quote and summarize what stands in this conversation "
    "and its documents, and I fill JSON schemas from them."
)
UNANSWERED = "Nothing in this conversation answers that."
FIRST_AID = "Tell me facts or add a document, or run a real model behind LOCAL_MODEL_URL."
MOST_QUOTED = 6


def answer_chat(reading: Reading) -> str:
    """One answer, never empty."""
    intent = intent_of(reading.instruction)
    if intent is Intent.SUMMARY:
        return _summary(reading)
    if intent is Intent.GREETING and not reading.material:
        return f"Hello. {WHO} {FIRST_AID}"
    if intent is Intent.STATEMENT:
        return _summary(reading) if reading.fresh else _acknowledgement(reading.instruction)
    return _answer(reading, intent)


def _summary(reading: Reading) -> str:
    said = "\n".join(each.text for each in reading.said if each.role == USER)
    text = RankedText(split_sentences(reading.text or said))
    summary = summarize(text, read_length_wish(reading.instruction))
    return summary or f"There is no text here that I could summarize. {WHO}"


def _acknowledgement(statement: str) -> str:
    sentences = split_sentences(statement)
    if len(statement) > LONGEST_STATEMENT:
        return "Understood. In short: " + summarize(RankedText(sentences), read_length_wish("short"))
    if not sentences:
        return f"I could not read a statement or a question there. {WHO}"
    said = [turned_around(sentence) if speaks_of_self(sentence) else sentence for sentence in sentences]
    return f"Understood: {' '.join(said)} I will use that when you ask."


def _answer(reading: Reading, intent: Intent) -> str:
    question = question_in(reading.instruction)
    candidates = gather(reading)
    found = find_evidence(question, candidates, MOST_QUOTED)
    if not found and reading.material and intent is Intent.TASK:
        nearest = RankedText(split_sentences(reading.text)).nearest(question, 3)
        return f"{WHO} The nearest sentences of the material: {' '.join(nearest)}"
    if not found:
        return f"{UNANSWERED} {WHO} {FIRST_AID}"
    if found[0].origin == MATERIAL:
        return _from_material(found, candidates, read_length_wish(reading.instruction).sentences)
    return _from_conversation(found)


def _from_conversation(found: list[Evidence]) -> str:
    """The best sentence, and others only where they are nearly as good."""
    quoted = [each for each in found if each.score >= 0.8 * found[0].score and each.origin != MATERIAL][:3]
    voices = {USER: "You said", ASSISTANT: "I said before", SYSTEM: "My instructions say"}
    return " ".join(f"{voices[each.origin]}: “{each.text}”" for each in quoted)


def _from_material(found: list[Evidence], candidates: list[Evidence], wished: int | None) -> str:
    """The answering sentences in the text's order, each best one with the sentence that follows it."""
    strong = [each for each in found if each.origin == MATERIAL and each.score >= 0.5 * found[0].score]
    places = {each.place for each in strong[: wished or MOST_QUOTED]}
    following = found[0].place + 1
    if wished is None and following < len(candidates) and candidates[following].origin == MATERIAL:
        places.add(following)
    quoted = [candidates[place].text for place in sorted(places)]
    return " ".join(text if ends_as_sentence(text) else f"{text}." for text in quoted)

"""Kinds of acts in words."""

from __future__ import annotations

#: Kinds whose code does not read as English once its underscores are blanks.
_WORDS = {
    "capital_market_ban": "ban from capital markets",
    "envoy_appointed": "appointment of an envoy",
    "envoy_recalled": "recall of an envoy",
    "export_ban_entities": "export ban on listed bodies",
    "export_ban_goods": "export ban on goods",
    "investment_screening": "screening of investment",
    "journalists_expelled": "expulsion of journalists",
    "mission_rules": "rules for missions",
    "naming_of_territory": "naming of a territory",
    "recognition_of_separatists": "recognition of separatists",
    "territory_trade_ban": "ban on trade with a territory",
    "third_state_contact": "contact with a third state",
    "third_state_step": "step of a third state",
    "trade_investment_ban": "ban on trade and investment",
    "unfriendly_state_listing": "listing of unfriendly states",
}


def kind_words(code: str) -> str:
    """A kind of act in words, such as "export ban on goods"."""
    return _WORDS.get(code, code.replace("_", " "))

"""From the text of a news page to candidate acts, which a person accepts or rejects."""

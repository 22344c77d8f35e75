"""DingTalk (钉钉): messages of a custom group robot."""

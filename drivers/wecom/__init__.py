"""WeCom (企业微信): messages of a group robot."""

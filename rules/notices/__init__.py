"""Who is told what, when: routes, grouping, inhibition, mute times, escalation, digests, the rate of a channel.

- Every event of a route goes to each of its channels once. A new group waits for `group_wait`, one that stands for
  `group_interval`; a raise of high priority in one that stands waits for `group_wait` only. Nothing passes the rate.
- An alarm that was raised and has returned before its group was told is told as returned, unless the route says
  `send_returned: false`. One that was shelved, suppressed or taken out of service before is not told.
- An alarm that is not configured any more is told as ended. Who was told of it twice, by an escalation to the same
  channel, is told of its end once.
- What is muted or inhibited is held back; if it stands afterwards it is told then, for a mute time in one message.
- An escalation comes when nobody has acknowledged since the alarm began to wait, once for as long as it waits.
- More groups than the channel may be sent messages become one digest, which is followed by a pause of a minute in
  which only raises of high priority are told. The most urgent alarm of a digest is always told in full.
"""

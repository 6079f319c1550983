-- Adds one event to the feed and to its channels, unless it was added before.
-- KEYS: the feed, the mark of this event, one stream per channel
-- ARGV: feed length, channel length, channel life, life of the mark (seconds), then channel and body per channel
if not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[4]) then
	return 0
end
for i = 3, #KEYS do
	local channel, body = ARGV[2 * i - 1], ARGV[2 * i]
	local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'channel', channel, 'event', body)
	redis.call('XADD', KEYS[i], 'MAXLEN', '~', ARGV[2], id, 'event', body)
	redis.call('EXPIRE', KEYS[i], ARGV[3])
end
return 1

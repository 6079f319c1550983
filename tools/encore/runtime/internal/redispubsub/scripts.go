package redispubsub

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// The consumers of a group that are no processes. Under whose name a message is pending says where it is.
const (
	// retryConsumer has the messages that wait for another delivery; Redis's count is the number of that delivery.
	retryConsumer = "~retry"
	// queueConsumer has the messages that the owner of an ordered subscription has read and not begun; the count likewise.
	queueConsumer = "~queue"
	// Under any other name a delivery was begun, by that process; the count is the number of that delivery.
)

// Every step that moves a message is one script, so that no other process, and no lost answer, comes between its parts.
// In all of them KEYS[1] is the stream and ARGV[1] the group.
const takeFunction = `
local taken = {}
local function take(id, begun)
  local pending = redis.call("XPENDING", KEYS[1], ARGV[1], id, id, 1)[1]
  if not pending then return end
  local attempt = pending[4] + begun
  local entry = redis.call("XCLAIM", KEYS[1], ARGV[1], ARGV[2], 0, id, "RETRYCOUNT", attempt)[1]
  if entry then
    taken[#taken + 1] = {attempt, entry}
  else
    redis.call("XACK", KEYS[1], ARGV[1], id) -- it is no longer in the stream
  end
end
`

var (
	// takeDue takes up to ARGV[4] messages whose retry is due at ARGV[3] and returns them, and when the next one is.
	takeDue = redis.NewScript(takeFunction + `
for _, id in ipairs(redis.call("ZRANGEBYSCORE", KEYS[2], "-inf", ARGV[3], "LIMIT", 0, ARGV[4])) do
  redis.call("ZREM", KEYS[2], id)
  take(id, 0)
end
return {taken, redis.call("ZRANGE", KEYS[2], 0, 0, "WITHSCORES")[2] or ""}`)

	// takeLost takes the messages ARGV[3…], which are this process's without its knowing: an answer was lost.
	takeLost = redis.NewScript(takeFunction + `
for i = 3, #ARGV do take(ARGV[i], 0) end
return {taken, ""}`)

	// takeLeft takes up to ARGV[4] messages that the consumers ARGV[5…] have had for ARGV[3] ms.
	takeLeft = redis.NewScript(takeFunction + `
for i = 5, #ARGV do
  for _, pending in ipairs(redis.call("XPENDING", KEYS[1], ARGV[1], "IDLE", ARGV[3], "-", "+", 1000, ARGV[i])) do
    if #taken == tonumber(ARGV[4]) then return {taken, ""} end
    local id = pending[1]
    if redis.call("ZSCORE", KEYS[2], id) then -- an earlier version left it with the process
      redis.call("XCLAIM", KEYS[1], ARGV[1], "` + retryConsumer + `", 0, id, "RETRYCOUNT", pending[4] + 1, "JUSTID")
    elseif ARGV[i] == "` + queueConsumer + `" then
      take(id, 0)
    else
      take(id, 1)
    end
  end
end
return {taken, ""}`)

	// postpone makes a message of the consumer ARGV[2] wait until ARGV[4] for its delivery number ARGV[5]. What another
	// process has taken over meanwhile is that one's.
	postpone = redis.NewScript(`
local pending = redis.call("XPENDING", KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)[1]
if not pending or pending[2] ~= ARGV[2] then return 0 end
redis.call("XCLAIM", KEYS[1], ARGV[1], "` + retryConsumer + `", 0, ARGV[3], "RETRYCOUNT", ARGV[5], "JUSTID")
redis.call("ZADD", KEYS[2], ARGV[4], ARGV[3])
return 1`)

	// bury moves a message to the dead letters KEYS[3], of which there are about ARGV[3], unless it is settled already.
	bury = redis.NewScript(`
redis.call("ZREM", KEYS[2], ARGV[2])
if redis.call("XACK", KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
local letter = {}
for i = 4, #ARGV do letter[i - 3] = ARGV[i] end
redis.call("XADD", KEYS[3], "MAXLEN", "~", ARGV[3], "*", unpack(letter))
return 1`)

	// own makes ARGV[1] the owner for ARGV[2] ms when it is or nobody is.
	own = redis.NewScript(`
local owner = redis.call("GET", KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1`)

	// extend lengthens the ownership only if it is still this process's.
	extend = redis.NewScript(`
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("PEXPIRE", KEYS[1], ARGV[2]) end
return 0`)

	// disown ends the ownership only if it is still this process's.
	disown = redis.NewScript(`
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0`)

	// readOwned reads up to ARGV[3] new messages if ARGV[2] owns the subscription (KEYS[2]).
	readOwned = redis.NewScript(`
if redis.call("GET", KEYS[2]) ~= ARGV[2] then return "not the owner" end
return redis.call("XREADGROUP", "GROUP", ARGV[1], "` + queueConsumer + `", "COUNT", ARGV[3], "STREAMS", KEYS[1], ">")`)

	// beginOwned notes that ARGV[2], the owner (KEYS[3]), begins delivery number ARGV[4] of a message, and returns it.
	beginOwned = redis.NewScript(`
if redis.call("GET", KEYS[3]) ~= ARGV[2] then return "not the owner" end
redis.call("ZREM", KEYS[2], ARGV[3])
if not redis.call("XPENDING", KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1)[1] then return {} end
local entry = redis.call("XCLAIM", KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], "RETRYCOUNT", ARGV[4])[1]
if entry then return {entry} end
redis.call("XACK", KEYS[1], ARGV[1], ARGV[3])
return {}`)
)

// errNothing says that no message has come.
var errNothing = errors.New("nothing new")

// errNotOwner says that another process owns the subscription, or nobody.
var errNotOwner = errors.New("this process does not own the subscription")

// take runs one of the scripts that take messages. due is when the next retry is, zero when the script does not tell.
func (s *Subscription) take(ctx context.Context, script *redis.Script, args ...any) (msgs []*Message, due time.Time, err error) {
	args = append([]any{s.cfg.Subscription, s.consumer}, args...)
	answer, err := script.Run(ctx, s.client, []string{s.stream, s.key("retry")}, args...).Slice()
	if err != nil {
		return nil, due, err
	}
	if len(answer) != 2 {
		return nil, due, fmt.Errorf("unexpected answer of Redis: %v", answer)
	}
	taken, _ := answer[0].([]any)
	for _, item := range taken {
		pair, ok := item.([]any)
		if !ok || len(pair) != 2 {
			return msgs, due, fmt.Errorf("unexpected answer of Redis: %v", item)
		}
		attempt, _ := pair[0].(int64)
		entry, err := parseEntry(pair[1])
		if err != nil {
			return msgs, due, err
		}
		msgs = s.appendParsed(msgs, entry, int(attempt))
	}
	if text, _ := answer[1].(string); text != "" {
		score, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return msgs, due, err
		}
		due = time.UnixMilli(int64(score))
	}
	return msgs, due, nil
}

// parseEntry reads an entry of a stream as scripts return it: its id, and its fields and their values in turn.
func parseEntry(item any) (redis.XMessage, error) {
	pair, ok := item.([]any)
	if !ok || len(pair) != 2 {
		return redis.XMessage{}, fmt.Errorf("unexpected entry of a stream: %v", item)
	}
	id, ok := pair[0].(string)
	fields, isList := pair[1].([]any)
	if !ok || !isList || len(fields)%2 != 0 {
		return redis.XMessage{}, fmt.Errorf("unexpected entry of a stream: %v", item)
	}
	entry := redis.XMessage{ID: id, Values: make(map[string]any, len(fields)/2)}
	for i := 0; i < len(fields); i += 2 {
		name, ok := fields[i].(string)
		if !ok {
			return redis.XMessage{}, fmt.Errorf("unexpected entry of a stream: %v", item)
		}
		entry.Values[name] = fields[i+1]
	}
	return entry, nil
}

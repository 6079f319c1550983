package redispubsub

// Forget makes this process forget which topics it was the first to subscribe to, as a new process would.
func Forget() {
	firsts.Lock()
	defer firsts.Unlock()
	firsts.streams = nil
}

package local

import "syscall"

// endWithParent asks the kernel to shut the server down (SIGINT: the fast way) when the thread that started it ends,
// be it killed.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }

package main

import "syscall"

// endWithParent asks the kernel to end the program with the tool, should the tool be killed.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }

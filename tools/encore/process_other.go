//go:build !linux

package main

import "syscall"

// endWithParent does nothing: this system has no such thing.
func endWithParent(*syscall.SysProcAttr) {}

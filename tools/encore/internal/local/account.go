package local

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the system user that PostgreSQL's server runs as, when it is not the user of the tool: the server
// refuses to run as root. A nil account is the tool's own user.
type account struct {
	name     string
	uid, gid int
}

// serverAccount returns the account for the server: postgres or nobody for root, nil for others.
func serverAccount() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if _, unknown := errors.AsType[user.UnknownUserError](err); unknown {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("look up the user %s: %w", name, err)
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			return nil, fmt.Errorf("look up the user %s: %w", name, err)
		}
		gid, err := strconv.Atoi(u.Gid)
		if err != nil {
			return nil, fmt.Errorf("look up the user %s: %w", name, err)
		}
		return &account{name, uid, gid}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as: " +
		"add one with useradd --system postgres, or run this as an ordinary user")
}

// makeFolder makes a folder that only the account may enter.
func (a *account) makeFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	if a == nil {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// writeFile writes a file that only the account may read.
func (a *account) writeFile(path string, data []byte) error {
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	if a == nil {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// apply makes cmd run as the account, in a process group of its own so that Ctrl-C reaches the tool alone, and end
// with the tool where the system can do that.
func (a *account) apply(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	endWithParent(cmd.SysProcAttr)
}

// checkReach explains why the account cannot enter the folder at path, if so.
func (a *account) checkReach(path string) error {
	if a == nil {
		return nil
	}
	for at := filepath.Dir(path); ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		mayEnter := info.Mode().Perm()&0o001 != 0 ||
			ok && int(stat.Uid) == a.uid && info.Mode().Perm()&0o100 != 0 ||
			ok && int(stat.Gid) == a.gid && info.Mode().Perm()&0o010 != 0
		if !mayEnter {
			return fmt.Errorf("PostgreSQL runs as the user %s, who may not enter %s: choose another folder with ENCORE_DATA_DIR", a.name, at)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

package build

import (
	"fmt"
	"strings"
)

// testFlags is what the tool must know of the flags for go test.
type testFlags struct {
	rest         []string // everything but -tags
	tags         []string
	cover        bool
	coverProfile string
	outputDir    string
}

// valueFlags are the flags of go test that take a value, which may stand in the next argument.
var valueFlags = map[string]bool{}

func init() {
	for name := range strings.FieldsSeq(`asmflags bench benchtime blockprofile blockprofilerate buildmode compiler count
		covermode coverpkg coverprofile cpu cpuprofile exec fuzz fuzzcachedir fuzzminimizetime fuzztime fuzzworker
		gccgoflags gcflags gocoverdir installsuffix ldflags list memprofile memprofilerate mod modfile mutexprofile
		mutexprofilefraction o outputdir overlay p parallel pgo pkgdir run shuffle skip tags testlogfile timeout toolexec
		trace vet C`) {
		valueFlags[name] = true
	}
}

// CheckTestArgs returns an error when args cannot be passed on to go test.
func CheckTestArgs(args []string) error {
	_, err := parseTestFlags(args)
	return err
}

// parseTestFlags reads the arguments for go test. It refuses the flags that the tool itself needs.
func parseTestFlags(args []string) (testFlags, error) {
	var f testFlags
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "-args" || arg == "--args" {
			f.rest = append(f.rest, args[i:]...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' || arg == "--" {
			f.rest = append(f.rest, arg)
			continue
		}
		name, value, inline := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		name = strings.TrimPrefix(name, "test.")
		used := args[i : i+1]
		if valueFlags[name] && !inline && i+1 < len(args) {
			i++
			value, used = args[i], args[i-1:i+1]
		}
		switch name {
		case "modfile", "overlay", "mod":
			return f, fmt.Errorf("the flag -%s cannot be given: the tool sets it", name)
		case "C":
			return f, fmt.Errorf("the flag -C cannot be given: change into the folder first")
		case "tags":
			f.tags = append(f.tags, strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })...)
			continue
		case "cover":
			f.cover = f.cover || !inline || value != "false"
		case "covermode", "coverpkg":
			f.cover = true
		case "coverprofile":
			f.cover, f.coverProfile = true, value
		case "outputdir":
			f.outputDir = value
		}
		f.rest = append(f.rest, used...)
	}
	return f, nil
}

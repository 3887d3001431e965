package sim

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/cryptotest"
)

func TestTrace(t *testing.T) {
	os.MkdirAll("/tmp/traces", 0o755)
	steps := 0
	for s := *first; s < *first+uint64(*seeds); s++ {
		cryptotest.SetGlobalRandom(t, s)
		o := play(t, s, nil)
		os.WriteFile(fmt.Sprintf("/tmp/traces/%d", s), []byte(strings.Join(o.trace, "\n")+"\n"), 0o644)
		steps += o.steps
		fmt.Fprintln(os.Stderr, s, o.hash)
		if o.err != nil {
			fmt.Println(s, o.steps, o.err)
		}
	}
	fmt.Println("steps", steps)
}

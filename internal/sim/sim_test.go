package sim

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/cryptotest"
)

var (
	seeds  = flag.Int("seeds", 200, "how many seeds TestSeeds plays")
	first  = flag.Uint64("seed", 1, "the first of them")
	shards = flag.Int("shards", runtime.GOMAXPROCS(0), "how many processes share them; a seed's random source is its process's")
)

// TestSeeds plays seed after seed; a failure names the one to look at.
func TestSeeds(t *testing.T) {
	n := max(1, min(*shards, *seeds/25))
	each := (*seeds + n - 1) / n
	var others sync.WaitGroup
	for i := 1; i < n; i++ {
		others.Go(func() { elsewhere(t, *first+uint64(i*each), min(each, *seeds-i*each)) })
	}
	for seed := *first; seed < *first+uint64(min(each, *seeds)); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			cryptotest.SetGlobalRandom(t, seed)
			if o := play(t, seed, nil); o.err != nil {
				t.Fatal(o.report(seed))
			}
		})
	}
	others.Wait()
}

// elsewhere plays seeds in a process of its own.
func elsewhere(t *testing.T, from uint64, n int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSeeds$", "-shards=1",
		"-seed="+strconv.FormatUint(from, 10), "-seeds="+strconv.Itoa(n))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("seeds from %d: %v\n%s", from, err, out)
	}
}

// TestReplay plays seeds twice: the same events at the same times, or a failing seed could not be looked at again.
func TestReplay(t *testing.T) {
	for _, seed := range []uint64{3, 17} {
		var before outcome
		for i := range 2 {
			cryptotest.SetGlobalRandom(t, seed)
			o := play(t, seed, nil)
			if o.err != nil {
				t.Fatal(o.report(seed))
			}
			if i == 1 && o.hash != before.hash {
				t.Errorf("seed %d: %s", seed, firstDifference(before.trace, o.trace))
			}
			before = o
		}
	}
}

func firstDifference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d was %q, is %q", i, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, then %d", len(a), len(b))
}

// TestAllThatMayHappenHappens holds that the seeds reach what they are there for: a life that never comes about is not
// tested by playing more of them.
func TestAllThatMayHappenHappens(t *testing.T) {
	var all strings.Builder
	for seed := uint64(1); seed <= 25; seed++ {
		cryptotest.SetGlobalRandom(t, seed)
		o := play(t, seed, nil)
		if o.err != nil {
			t.Fatal(o.report(seed))
		}
		all.WriteString(strings.Join(o.trace, "\n") + "\n")
	}
	text := all.String()
	for _, want := range []string{
		"request lost", "answer lost", "repeated", "held back", "held message", "no way between", "no way from", "a quiet period",
		"killed at statement", "killed at before-commit", "killed at after-commit", "up again", "is off by", "chunk:",
		": InDoubt", ": StoreClosed", ": CaseExists", ": Stale", ": NotAllowedNow", "at a venture: done",
		"hand over: done", "recall: done", "withdraw: done", "supplement: done", "deliver: done", "review: done", "accept: done",
		"correct: done", "return: done", "decline: done", "suspend: done", "resume: done", "refuse: done", "grant: done", "issue: done",
		"ends done", "ends denied", "ends withdrawn", " deem-accept", " ask-withdraw", " correct", " return",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("never happened: %q", want)
		}
	}
}

package sim

import (
	"flag"
	"fmt"
	"testing"
	"testing/cryptotest"
)

var (
	seeds = flag.Int("seeds", 200, "how many seeds TestSeeds runs")
	first = flag.Uint64("seed", 1, "the first of them")
)

// TestSeeds plays seed after seed; a failure names the one to look at.
func TestSeeds(t *testing.T) {
	for seed := *first; seed < *first+uint64(*seeds); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			cryptotest.SetGlobalRandom(t, seed)
			if o := play(t, seed, nil); o.err != nil {
				t.Fatal(o.report(seed))
			}
		})
	}
}

package search_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/search"
	"tongban/internal/kernel/region"
)

// BenchmarkSearch200k asks the questions of catalogue/search/questions.tsv of 200,000 documents: the guides of all
// matters in as many places as it takes (texts repeat, as they do in life), and the harder case that every document has
// a text of its own. It prints how long the making took and the live memory of the index, and reports p50 and p99.
func BenchmarkSearch200k(b *testing.B) {
	const n = 200_000
	regions, err := region.Default()
	if err != nil {
		b.Fatal(err)
	}
	var places []region.Code
	for _, p := range regions.Provinces() {
		for _, c := range regions.Children(p.Code) {
			places = append(places, c.Code)
			for _, d := range regions.Children(c.Code) {
				places = append(places, d.Code)
			}
		}
	}
	matters := search.Matters(item.Default(), search.DefaultWords())
	places = places[:n/len(matters)+1]
	guides := search.Guides(matters, places, func(code string, p region.Code) string { return code + "@" + string(p) })[:n]
	own := slices.Clone(guides)
	for i := range own {
		own[i].Name = regions.Name(own[i].Place) + own[i].Name + fmt.Sprint(i)
		own[i].Aliases, own[i].Words, own[i].English = nil, own[i].Words[:1], nil
	}
	var texts []string
	for _, q := range questions(b) {
		texts = append(texts, q.text)
	}
	for _, c := range []struct {
		name string
		docs []search.Doc
	}{{"guides", guides}, {"own-texts", own}} {
		b.Run(c.name, func(b *testing.B) {
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			x := search.New(c.docs, search.DefaultWords(), regions)
			took := time.Since(start)
			runtime.GC()
			runtime.ReadMemStats(&after)
			for _, q := range texts { // warm
				x.Find(search.Query{Text: q})
			}
			times := make([]time.Duration, 0, 1<<16)
			i := 0
			for b.Loop() {
				at := time.Now()
				x.Find(search.Query{Text: texts[i%len(texts)]})
				times = append(times, time.Since(at))
				i++
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB")
			b.ReportMetric(took.Seconds(), "making-s")
			b.Logf("%d documents, %d questions asked in turn, %d cores, %s", x.Len(), len(texts), runtime.NumCPU(), runtime.Version())
		})
	}
}

package stories

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/BurntSushi/toml"

	pagetext "tongban/internal/page/text"
)

//go:embed stories.toml
var wordsFile string

type pair struct{ Zh, En string }

type wordBook struct {
	Story []struct{ Key, Zh, En, Stage string }
	Step  map[string]pair
	Word  map[string]pair
	Typed struct {
		Capital, Premises, Scope, Spare, Facts, Masked, Refusal, Phone, Number, Question, Reply string

		Complaint, Verified, Mended, Called, Suspended string

		ProblemDomicile string `toml:"problem_domicile"`
		FixDomicile     string `toml:"fix_domicile"`
		ProblemCharter  string `toml:"problem_charter"`
		FixCharter      string `toml:"fix_charter"`
		Trade           map[string]string
		Remedies        struct{ Review, Suit string }
		Shared          map[string]string
		// Family is what the story of an elder's filing types and finds.
		Family struct{ Place, Insured string }
		// Lost is what an officer writes who refuses to replace somebody else's licence.
		Lost struct{ Facts string }
		// Unit is what the story of a company's qualification types.
		Unit struct{ Paper, Clause, Specialty, Problem, Fix, Facts string }
	}
}

// words is stories.toml; the file is part of the binary, and a test reads it.
var words = sync.OnceValue(func() wordBook {
	var w wordBook
	meta, err := toml.Decode(wordsFile, &w)
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("unknown field %s", meta.Undecoded()[0])
	}
	if err != nil {
		panic(err)
	}
	return w
})

// say is what the pages say in Chinese: people in the stories read that.
func say(key string, args ...any) string { return pagetext.T("zh", key, args...) }

var verb = regexp.MustCompile(`%(\[\d+\])?\d*[sd]`)

// phrase is the longest part of a wording that is always the same.
func phrase(key string) string {
	return slices.MaxFunc(verb.Split(say(key), -1), func(a, b string) int { return len(a) - len(b) })
}

package search

import (
	"hash/maphash"
	"math"
	"slices"
	"strings"

	"tongban/internal/kernel/region"
)

// field says which part of a document a phrase comes from.
type field uint8

const (
	nameField field = iota
	aliasField
	wordsField
	englishField
)

// phrase is one text of a topic. The sums say how much there is to match, for each way of asking.
type phrase struct {
	topic uint32
	field field
	text  string
	sums  [3]float32
}

// The ways of asking, each with its own grams.
const (
	wayChars = iota
	waySounds
	wayInitials
)

// topic is a text that many documents share: 200,000 guides of one hundred matters are one hundred topics.
type topic struct {
	name, nameEn string
	subject      []string
	theme        string
	docs         []uint32 // by place
	first        uint32   // of its phrases, which are in a row
	size         uint32
}

type doc struct {
	key   string
	place region.Code
	topic uint32
}

// posting is where the phrases of a gram stand in Index.ids, and how rare it is among topics.
type posting struct {
	from, n uint32
	rare    float32
}

// Index is a searchable set of documents. Make it with New.
type Index struct {
	words   *Words
	places  places
	docs    []doc
	topics  []topic
	phrases []phrase
	grams   map[gram]posting
	ids     []uint32
	codes   map[string]uint32 // folded key of a document → document
	pool    scratches
}

// New makes an index. Regions gives the names of places that questions may name; nil: none are recognised.
func New(docs []Doc, w *Words, regions *region.Table) *Index {
	x := &Index{words: w, grams: map[gram]posting{}, codes: make(map[string]uint32, len(docs))}
	x.places = placesOf(w, regions)
	x.addDocs(docs)
	x.post()
	for i := range x.topics {
		d := x.topics[i].docs
		slices.SortFunc(d, func(a, b uint32) int { return strings.Compare(string(x.docs[a].place), string(x.docs[b].place)) })
	}
	x.pool.New = func() any {
		return &scratch{score: make([]float32, len(x.phrases)), best: make([]best, len(x.topics))}
	}
	return x
}

// Len is the number of documents.
func (x *Index) Len() int { return len(x.docs) }

// addDocs sorts the documents into topics: those with the same texts share one.
func (x *Index) addDocs(docs []Doc) {
	x.docs = make([]doc, 0, len(docs))
	same := map[uint64]uint32{}
	for _, d := range docs {
		var h maphash.Hash
		h.SetSeed(seed)
		for _, list := range [][]string{{d.Name, d.NameEn, d.Theme}, d.Aliases, d.Words, d.English, d.Subject} {
			for _, s := range list {
				_, _ = h.WriteString(s)
				_ = h.WriteByte(0)
			}
			_ = h.WriteByte(1)
		}
		t, ok := same[h.Sum64()]
		if !ok {
			t = uint32(len(x.topics)) //nolint:gosec // bounded by memory
			same[h.Sum64()] = t
			x.addTopic(d)
		}
		n := uint32(len(x.docs)) //nolint:gosec // bounded by memory
		x.docs = append(x.docs, doc{d.Key, d.Place, t})
		x.topics[t].docs = append(x.topics[t].docs, n)
		x.codes[codeForm(d.Key)] = n
	}
}

func (x *Index) addTopic(d Doc) {
	t := topic{
		name: d.Name, nameEn: d.NameEn, subject: d.Subject, theme: d.Theme,
		first: uint32(len(x.phrases)), //nolint:gosec // bounded by memory
	}
	n := uint32(len(x.topics)) //nolint:gosec // bounded by memory
	seen := map[string]bool{}
	for f, list := range [][]string{nameField: {d.Name}, aliasField: d.Aliases, wordsField: d.Words, englishField: append([]string{d.NameEn}, d.English...)} {
		for _, s := range list {
			if s != "" && !seen[s] {
				seen[s] = true
				x.phrases = append(x.phrases, phrase{topic: n, field: field(f), text: s})
			}
		}
	}
	t.size = uint32(len(x.phrases)) - t.first //nolint:gosec // bounded by memory
	x.topics = append(x.topics, t)
}

// gramsOf gives what a phrase is found by, without repetition, in ascending order.
func (x *Index) gramsOf(p phrase, into []gram) []gram {
	text := x.words.fold(p.text)
	bare := x.words.without(text, func(rune, rune) bool { return true })
	if len(bare) == 0 {
		bare = text
	}
	into = append(into[:0], chars(x.words.canonical(bare))...)
	if p.field != englishField {
		s := x.words.sounds(text)
		into = append(into, x.words.heard(s, true)...)
		into = append(into, initialGrams(firsts(s))...)
	}
	slices.Sort(into)
	return slices.Compact(into)
}

// way is which way of asking a gram belongs to.
func (g gram) way() int {
	k := g & kinds
	if k == initials {
		return wayInitials
	}
	if k == twoSounds || k == oneSound {
		return waySounds
	}
	return wayChars
}

// post counts the grams of all phrases, then fills the lists, so that nothing is held twice.
func (x *Index) post() {
	type count struct {
		phrases, topics uint32
		last            uint32 // topic, from 1
	}
	counts := map[gram]*count{}
	var list []gram
	for _, p := range x.phrases {
		list = x.gramsOf(p, list)
		for _, g := range list {
			c := counts[g]
			if c == nil {
				c = &count{}
				counts[g] = c
			}
			c.phrases++
			if c.last != p.topic+1 {
				c.last = p.topic + 1
				c.topics++
			}
		}
	}
	at := uint32(0)
	for g, c := range counts {
		x.grams[g] = posting{from: at, rare: rarity(len(x.topics), int(c.topics))}
		at += c.phrases
	}
	x.ids = make([]uint32, at)
	for i := range x.phrases {
		p := &x.phrases[i]
		list = x.gramsOf(*p, list)
		for _, g := range list {
			l := x.grams[g]
			x.ids[l.from+l.n] = uint32(i)
			l.n++
			x.grams[g] = l
			if g&kinds != oneSound {
				p.sums[g.way()] += g.weight() * l.rare
			}
		}
	}
}

// rarity is the usual logarithm: what half of all topics have tells little.
func rarity(topics, with int) float32 {
	return float32(math.Log(1 + float64(topics)/float64(max(with, 1))))
}

// known reports whether two characters stand beside each other in any phrase.
func (x *Index) known(a, b rune) bool {
	_, ok := x.grams[pair(a, b)]
	return ok
}

// codeForm is a key as people may write it: small letters, without strokes and blanks.
func codeForm(s string) string {
	return strings.NewReplacer("-", "", " ", "", "_", "", "－", "").Replace(strings.ToLower(s))
}

package search

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"
	"sync"

	"tongban/internal/kernel/region"
)

// How a phrase is judged: by what both have (Dice), by how much of the question it explains, by how much of it the
// question holds, and by how much of the question all phrases of the topic explain together. Found by trying on
// catalogue/search/questions.tsv, without its held-out part.
const (
	byBoth     = 0.50
	byQuestion = 0.20
	byPhrase   = 0.20
	byTopic    = 0.25

	enough   = 0.36 // below this nothing was found
	farBelow = 0.40 // of the best hit: what is worse is noise

	unknownGram = 0.35 // part of the full rarity that counts for a piece that no document has

	// work bounds the postings that one question looks at. Rare pieces come first, so what is left out tells little.
	work = 120_000
)

// fields says how far a phrase of a field may be trusted.
var fields = [...]float32{nameField: 1, aliasField: 1, wordsField: 0.98, englishField: 0.95}

// ways says the same of a way of asking.
var ways = [...]float32{wayChars: 1, waySounds: 0.95, wayInitials: 0.9}

// question is a text taken apart.
type question struct {
	core  []rune    // folded, without places and what tells nothing
	latin bool      // it holds letters that may be pinyin
	grams [3][]gram // by way of asking
}

func (x *Index) read(text []rune) question {
	q := question{core: x.words.without(text, x.known)}
	if len(q.core) == 0 {
		q.core = text
	}
	w := x.words
	q.grams[wayChars] = chars(w.canonical(q.core))
	alone := len(q.core) > 0 && !strings.ContainsFunc(string(q.core), func(r rune) bool { return r < 'a' || r > 'z' })
	for letters := range strings.SplitSeq(string(latinOnly(q.core)), " ") {
		switch {
		case letters == "" || letters[0] < 'a' || letters[0] > 'z':
		case w.spelt(letters):
			q.latin = true
		case len(letters) <= 8 && !alone: // letters that make no syllables may be the initials of a word in the sentence
			q.grams[wayChars] = append(q.grams[wayChars], initialGrams(letters)...)
		}
	}
	sounds := w.withoutSounds(w.sounds(q.core))
	heard := w.heard(sounds, len(sounds) == 1)
	if q.latin {
		q.grams[waySounds] = heard
	} else {
		q.grams[wayChars] = append(q.grams[wayChars], heard...)
	}
	if alone && len(q.core) <= 10 && (len(q.core) <= 4 || !q.latin) {
		q.grams[wayInitials] = initialGrams(string(q.core))
	}
	for i := range q.grams {
		slices.Sort(q.grams[i])
		q.grams[i] = slices.Compact(q.grams[i])
	}
	return q
}

func latinOnly(text []rune) []rune {
	out := slices.Clone(text)
	for i, r := range out {
		if han(r) {
			out[i] = ' '
		}
	}
	return out
}

// best is the best phrase of a topic for a question so far.
type best struct {
	score  float32
	union  float32 // how much of the question the topic's phrases explain together
	seen   int32   // the last gram counted in union
	phrase uint32
	way    uint8
	found  bool
}

// scratch is the room that one search works in.
type scratch struct {
	score   []float32 // by phrase
	touched []uint32  // phrases with a score
	best    []best    // by topic
	topics  []uint32  // topics with a best
}

type scratches struct{ sync.Pool }

// Find searches. It never fails: a question of which nothing can be made finds nothing.
func (x *Index) Find(q Query) Result {
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	text := x.words.fold(q.Text)
	if len(text) > longest {
		text = text[:longest]
	}
	var res Result
	if d, ok := x.codes[codeForm(string(text))]; ok && x.fits(x.topics[x.docs[d].topic], q) {
		res.Hits = []Hit{x.hit(d, ByCode, x.docs[d].key, 1)}
		return res
	}
	rest, named := x.places.cut(text)
	res.Places = named
	if len(rest) == 0 {
		rest = text
	}
	asked := x.read(rest)
	s := x.pool.Get().(*scratch)
	defer x.pool.Put(s)
	for way := range asked.grams {
		x.pass(s, asked.grams[way], way)
	}
	x.collect(&res, s, q, asked, limit)
	for _, t := range s.topics {
		s.best[t] = best{}
	}
	s.topics = s.topics[:0]
	return res
}

// pass scores all phrases that share a gram with the question.
func (x *Index) pass(s *scratch, grams []gram, way int) {
	type term struct {
		posting
		weight float32
	}
	terms := make([]term, 0, len(grams))
	full := rarity(len(x.topics), 1)
	var sum float32
	for _, g := range grams {
		p, ok := x.grams[g]
		if !ok {
			if k := g & kinds; k != stem && k != oneChar && (k != initials || way == wayInitials) {
				sum += g.weight() * full * unknownGram
			}
			continue
		}
		w := g.weight() * p.rare
		sum += w
		terms = append(terms, term{p, w})
	}
	slices.SortFunc(terms, func(a, b term) int { return cmp.Compare(a.n, b.n) })
	budget := work
	for i, t := range terms {
		if budget -= int(t.n); budget < 0 && i > 0 {
			break
		}
		for _, id := range x.ids[t.from : t.from+t.n] {
			if s.score[id] == 0 {
				s.touched = append(s.touched, id)
			}
			s.score[id] += t.weight
			b := &s.best[x.phrases[id].topic]
			if mark := int32(way*1000 + i + 1); b.seen != mark { //nolint:gosec // a question has at most a few hundred grams
				b.seen = mark
				b.union += t.weight
			}
		}
	}
	for _, id := range s.touched {
		x.judge(s, id, sum, way)
		s.score[id] = 0
	}
	s.touched = s.touched[:0]
	for _, t := range s.topics {
		s.best[t].union = 0
	}
}

func (x *Index) judge(s *scratch, id uint32, sum float32, way int) {
	p := &x.phrases[id]
	m, own := s.score[id], p.sums[way]
	if way == wayChars && own < m { // initials and sounds inside a sentence
		own = m
	}
	own = max(own, m)
	score := byBoth*2*m/(sum+own) + byQuestion*m/sum + byPhrase*m/own*min(1, own/sum)
	b := &s.best[p.topic]
	score = (score*fields[p.field] + byTopic*b.union/sum) * ways[way]
	if !b.found {
		s.topics = append(s.topics, p.topic)
		b.found = true
	}
	if score > b.score {
		b.score, b.phrase, b.way = score, id, uint8(way) //nolint:gosec // three ways
	}
}

// fits reports whether a topic is what the query is narrowed to.
func (x *Index) fits(t topic, q Query) bool {
	return (q.Subject == "" || len(t.subject) == 0 || slices.Contains(t.subject, q.Subject)) &&
		(q.Theme == "" || t.theme == q.Theme)
}

// top keeps the best topics, the worst of them first.
type top []ranked

type ranked struct {
	topic uint32
	score float32
}

func (t top) Len() int { return len(t) }
func (t top) Less(i, j int) bool {
	return t[i].score < t[j].score || t[i].score == t[j].score && t[i].topic > t[j].topic
}
func (t top) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *top) Push(v any)   { *t = append(*t, v.(ranked)) }
func (t *top) Pop() any {
	old := *t
	v := old[len(old)-1]
	*t = old[:len(old)-1]
	return v
}

// collect turns the scores into a result.
func (x *Index) collect(res *Result, s *scratch, q Query, asked question, limit int) {
	want := max(limit, nearest)
	var t top
	for _, n := range s.topics {
		r := ranked{n, s.best[n].score}
		if len(t) == want && (r.score < t[0].score || r.score == t[0].score && r.topic > t[0].topic) {
			continue
		}
		if !x.fits(x.topics[n], q) {
			continue
		}
		if _, ok := x.docAt(x.topics[n], q.Place, res.Places); !ok {
			continue
		}
		heap.Push(&t, r)
		if len(t) > want {
			heap.Pop(&t)
		}
	}
	slices.SortFunc(t, func(a, b ranked) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.topic, b.topic)) })
	for i, r := range t {
		b := s.best[r.topic]
		why, meant := x.why(asked, b)
		d, _ := x.docAt(x.topics[r.topic], q.Place, res.Places)
		h := x.hit(d, why, x.phrases[b.phrase].text, float64(r.score))
		switch {
		case t[0].score < enough:
			if i < nearest {
				res.Nearest = append(res.Nearest, h)
			}
		case i < limit && r.score >= farBelow*t[0].score:
			res.Hits = append(res.Hits, h)
		}
		if i == 0 && (why == BySound || why == ByTypo) {
			res.Meant = meant
		}
	}
}

func (x *Index) hit(d uint32, why Why, by string, score float64) Hit {
	t := x.topics[x.docs[d].topic]
	return Hit{Key: x.docs[d].key, Name: t.name, NameEn: t.nameEn, Place: x.docs[d].place, Why: why, By: by, Score: score}
}

// docAt picks a topic's document: that of the place asked for, or of the nearest place above it, or the one for
// everywhere. A place that the question only names is a wish: without a document for it the first will do.
func (x *Index) docAt(t topic, place region.Code, named []region.Code) (uint32, bool) {
	if place != "" {
		return x.nearestAt(t, place)
	}
	for _, p := range named {
		if d, ok := x.nearestAt(t, p); ok {
			return d, true
		}
	}
	return t.docs[0], true
}

func (x *Index) nearestAt(t topic, place region.Code) (uint32, bool) {
	for _, c := range []region.Code{place, upTo(place, 6), upTo(place, 4), upTo(place, 2), ""} {
		i, ok := slices.BinarySearchFunc(t.docs, c, func(d uint32, c region.Code) int { return strings.Compare(string(x.docs[d].place), string(c)) })
		if ok {
			return t.docs[i], true
		}
	}
	// A province was asked for and only parts of it have guides: the first of them.
	i, _ := slices.BinarySearchFunc(t.docs, place, func(d uint32, c region.Code) int { return strings.Compare(string(x.docs[d].place), string(c)) })
	if i < len(t.docs) && x.docs[t.docs[i]].place.Within(place) {
		return t.docs[i], true
	}
	return 0, false
}

// upTo is the division above c that n digits name.
func upTo(c region.Code, n int) region.Code {
	if len(c) != 12 {
		return c
	}
	return c[:n] + region.Code("000000000000"[n:])
}

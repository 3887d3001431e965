// Package search finds matters and guides by what people type: Chinese words, one character, letters of pinyin or only
// their initials, plain speech, wrong characters, English, codes. The index is made from the catalogue at every start and
// lives in memory; it is read-only afterwards and safe for concurrent use. What people say instead of official names is
// data (catalogue/search).
package search

import (
	"tongban/internal/kernel/region"
)

// Doc is one thing that can be found: a matter, or a guide of a matter for one place.
type Doc struct {
	Key     string   // what a hit gives back: the item's code, or whatever the owner of the documents wants
	Name    string   // the official name
	NameEn  string   // "" if there is none
	Aliases []string // other names
	Words   []string // how people ask, in Chinese
	English []string // how people ask, in English
	Subject []string // "person", "org"; empty: both
	Theme   string
	Place   region.Code // "" for everywhere
}

// Query is what somebody typed and how they narrowed it. Zero fields narrow nothing.
type Query struct {
	Text    string
	Subject string      // "person" or "org"
	Theme   string      // a theme of the catalogue, exactly
	Place   region.Code // only what applies in this place
	Limit   int         // most hits; 0 is 10
}

// Result is what was found. Either Hits or Nearest is empty.
type Result struct {
	Hits    []Hit         // best first
	Nearest []Hit         // if nothing was found: at most three that come closest
	Meant   string        // "did you mean": the words that Text probably stands for; "" if it needs no mending
	Places  []region.Code // the places that Text names, in the order of naming
}

// Hit is one found document.
type Hit struct {
	Key    string
	Name   string
	NameEn string
	Place  region.Code // the document's
	Why    Why
	By     string  // the words of the document that matched
	Score  float64 // above 0; only good for comparing hits of one result
}

// Why tells how a hit was found, so that a page can say it.
type Why string

// The reasons.
const (
	ByCode     Why = "code"
	ByName     Why = "name"
	ByAlias    Why = "alias"
	ByWords    Why = "words" // how people ask
	ByPinyin   Why = "pinyin"
	ByInitials Why = "initials"
	BySound    Why = "sound" // a wrong character that sounds alike
	ByTypo     Why = "typo"  // letters or characters wrong, missing or swapped
	ByEnglish  Why = "english"
)

const (
	defaultLimit = 10
	nearest      = 3
	longest      = 60 // characters of a question that are looked at; the rest adds nothing but work
)

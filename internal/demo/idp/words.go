package idp

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/BurntSushi/toml"

	"tongban/internal/demo/people"
)

//go:embed texts.toml
var textSource string

// words is language → key → wording. The data is compiled in, so a test has seen that it reads.
var words = sync.OnceValue(func() map[string]map[string]string {
	var m map[string]map[string]string
	if err := toml.Unmarshal([]byte(textSource), &m); err != nil {
		panic(fmt.Errorf("reading the provider's texts: %w", err))
	}
	return m
})

// say gives a wording; a key that does not exist shows itself.
func say(lang, key string) string {
	if s, ok := words()[lang][key]; ok {
		return s
	}
	return key
}

// about is the line beside a name.
func (p *Provider) about(who people.Person, lang string) string {
	title, place := who.Title, ""
	if lang == "en" {
		title = who.TitleEn
	}
	if at, ok := p.cfg.People.Province(who.Province); ok && who.Kind == people.Officer {
		place = at.Name + " "
		if lang == "en" {
			place = at.NameEn + " "
		}
	}
	return fmt.Sprintf("%s%s (%s %d)", place, title, say(lang, "level"), who.Level)
}

package nation

import (
	_ "embed"
	"sync"

	"github.com/BurntSushi/toml"

	"tongban/internal/face/entrance"
)

//go:embed steps.toml
var stepsFile string

type step struct{ Zh, En, Host, Path string }

// demoSteps are the lines of steps.toml; the file is part of the binary, and its test reads it.
var demoSteps = sync.OnceValue(func() []step {
	var f struct {
		Step []step `toml:"step"`
	}
	if _, err := toml.Decode(stepsFile, &f); err != nil {
		panic(err)
	}
	return f.Step
})

// steps tell a visitor how to play the story, with links into this nation.
func (n *Nation) steps() []entrance.DemoStep {
	var out []entrance.DemoStep
	for _, s := range demoSteps() {
		d := entrance.DemoStep{Zh: s.Zh, En: s.En}
		if s.Host != "" {
			d.Href = n.site(s.Host) + s.Path
		}
		out = append(out, d)
	}
	return out
}

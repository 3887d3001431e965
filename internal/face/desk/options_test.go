package desk

import (
	"fmt"
	"testing"

	"tongban/internal/domain/item"
)

func TestALongListIsSearched(t *testing.T) {
	f := item.Field{Key: "scope", Type: item.Scope}
	for i := range listAll + 10 {
		f.Options = append(f.Options, item.Option{Value: fmt.Sprintf("v%02d", i), Label: fmt.Sprintf("第 %02d 项", i)})
	}
	v := intakeView{D: draft{Answers: map[string]string{"scope": "v29"}, Search: map[string]string{}}}
	if got := v.options(f); len(got) != 1 || !got[0].Checked {
		t.Errorf("without a word: %d options", len(got))
	}
	v.D.Search["scope"] = "第 0"
	if got := v.options(f); len(got) != 11 || got[1].Checked {
		t.Errorf("with a word: %d options", len(got))
	}
	f.Options = f.Options[:5]
	if got := (intakeView{}).options(f); len(got) != 5 {
		t.Errorf("a short list: %d options", len(got))
	}
}

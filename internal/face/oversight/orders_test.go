package oversight

import (
	"strings"
	"testing"
	"time"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/domain/watch"
	"tongban/internal/handling/unit"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// P-14 says what is to be done, by when, and every reply in order; it names no officer and no applicant.
func TestAnOrderOnPaper(t *testing.T) {
	at := time.Date(2026, time.November, 20, 1, 0, 0, 0, time.UTC)
	trust := &office.TrustList{Nodes: []office.Node{{ID: "23", Name: "黑龙江"}, {ID: "63", Name: "青海"}}}
	f := New(Config{Kit: &unit.Kit{Me: "63", Trust: func() *office.TrustList { return trust }, Catalogue: item.Default()}})
	due := workday.DateOf(at).AddDays(7)
	x := watch.Order{ID: "o", No: "63-20261120-0000001-7", Item: "2020-030", From: "23", To: "63", Text: "为什么逾期\n请逐件说明", Due: due, At: at}.File(proof.Signed{Key: "key-23"}, "officer-1")
	var v orderView
	f.fillOrder(t.Context(), &v, x)
	if text := f.orderPaper(t.Context(), x, v).Text(); !strings.Contains(text, "还没有答复") || !strings.Contains(text, "请逐件说明") {
		t.Errorf("before a reply:\n%s", text)
	}
	x.Steps = append(x.Steps,
		watch.OrderStep{Act: watch.Reply, At: at.Add(time.Hour), By: "officer-2", Text: "已改正第一件"},
		watch.OrderStep{Act: watch.Back, At: at.Add(2 * time.Hour), By: "officer-1", Text: "还差一件"},
		watch.OrderStep{Act: watch.Reply, At: at.Add(3 * time.Hour), By: "officer-2", Text: "全部改正"})
	x.State = watch.OrderReply
	v = orderView{}
	f.fillOrder(t.Context(), &v, x)
	text, from := f.orderPaper(t.Context(), x, v).Text(), 0
	for _, want := range []string{"青海监督员", "黑龙江监督员", "11月27日", "key-23", "为什么逾期", "请逐件说明", "已改正第一件", "还差一件", "全部改正"} {
		at := strings.Index(text, want)
		if at < 0 {
			t.Errorf("the paper lacks %q:\n%s", want, text)
		} else if strings.HasPrefix(want, "为") {
			from = at
		}
	}
	if strings.Index(text[from:], "已改正第一件") > strings.Index(text[from:], "全部改正") {
		t.Error("the replies are not in order")
	}
	if strings.Contains(text, "officer-") || strings.Contains(text, "还没有答复") {
		t.Errorf("the paper says too much:\n%s", text)
	}
}

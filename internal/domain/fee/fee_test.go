package fee_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"tongban/internal/domain/fee"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

var now = time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC)

func version(t *testing.T, code string) item.Version {
	t.Helper()
	v, ok := item.Default().Version(code, workday.DateOf(now))
	if !ok {
		t.Fatalf("no version of %s", code)
	}
	return v
}

// What the sourced tariffs ask of different people; the amounts are those of catalogue/items.
func TestQuote(t *testing.T) {
	type said = map[string]bool
	tests := []struct {
		name, item string
		said       said
		fen        int
		open       []string
		lines      []string
	}{
		{"a home", "2020-071", said{"home": true}, 8000, nil, []string{"home"}},
		{"another building", "2020-071", said{"home": false}, 55000, nil, []string{"other"}},
		{"a building of which nothing was said", "2020-071", nil, 8000, []string{"home"}, nil},
		{"a card that ran out", "2020-053", said{"lost": false, "damaged": false, "relief": false}, 2000, nil, []string{"renew"}},
		{"a lost card", "2020-053", said{"lost": true}, 4000, nil, []string{"replace"}},
		{"a damaged card", "2020-053", said{"lost": false, "damaged": true, "relief": false}, 4000, nil, []string{"damaged"}},
		{"a card that ran out, on minimum allowance", "2020-053", said{"lost": false, "damaged": false, "relief": true}, 0, nil, []string{"relief"}},
		{"a card of which nothing was said", "2020-053", nil, 0, []string{"damaged", "lost", "relief"}, nil},
		{"a business licence", "2020-030", nil, 0, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := fee.Of(version(t, tt.item), tt.said, workday.DateOf(now))
			var lines []string
			for _, l := range q.Lines {
				lines = append(lines, l.Key)
				if l.Basis == "" {
					t.Errorf("%s rests on nothing", l.Key)
				}
			}
			if !q.Known || q.Fen != tt.fen || !slices.Equal(q.Open, tt.open) || !slices.Equal(lines, tt.lines) {
				t.Errorf("%+v", q)
			}
		})
	}
}

// What no source tells is not charged, and a line counts on its days only.
func TestQuoteOfRules(t *testing.T) {
	day := workday.NewDate(2026, 11, 25)
	v := item.Version{Fee: item.Fee{Fen: 500, Taker: item.There, Mark: item.Unverified}}
	if q := fee.Of(v, nil, day); q.Known || q.Charged() || q.Fen != 0 {
		t.Errorf("not verified, and charged: %+v", q)
	}
	v.Fee = item.Fee{Taker: item.There, Items: []item.FeeItem{
		{Key: "a", Fen: 100, Until: workday.NewDate(2026, 11, 24)},
		{Key: "a", Fen: 90, From: workday.NewDate(2026, 11, 25)},
		{Key: "b", Fen: 7},
	}}
	for on, want := range map[workday.Date]int{day: 97, day.AddDays(-1): 107} {
		if q := fee.Of(v, nil, on); q.Fen != want || len(q.Lines) != 2 {
			t.Errorf("%s: %d, want %d", on, q.Fen, want)
		}
	}
}

func charge() fee.Charge { return fee.Charge{Case: "c", No: "63-1", Office: "o", Fen: 8000} }

func number(order string) string { return "R" + order }

func ask(t *testing.T, c fee.Charge, order string, at time.Time) fee.Charge {
	t.Helper()
	c, _, _, err := c.Ask(order, at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func learn(t *testing.T, c fee.Charge, r fee.Report) fee.Charge {
	t.Helper()
	c, _, err := c.Learn(r, now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func paid(order, ref string, fen int) fee.Report {
	return fee.Report{Order: order, Word: fee.SaysPaid, Fen: fen, Ref: ref, At: now}
}

// Each line is what the bank says, in order, and what the account shows after it.
func TestWordsOfTheBank(t *testing.T) {
	failed := fee.Report{Order: "1", Word: fee.SaysFailed, Fen: 8000}
	pending := fee.Report{Order: "1", Word: fee.SaysPending, Fen: 8000}
	tests := []struct {
		name  string
		words []fee.Report
		want  fee.Standing
		held  int
	}{
		{"nothing yet", nil, fee.Waiting, 0},
		{"still pending", []fee.Report{pending}, fee.Waiting, 0},
		{"paid", []fee.Report{paid("1", "x", 8000)}, fee.Settled, 8000},
		{"paid, told twice", []fee.Report{paid("1", "x", 8000), paid("1", "x", 8000)}, fee.Settled, 8000},
		{"failed", []fee.Report{failed}, fee.NotPaid, 0},
		{"failed, and comes after all", []fee.Report{failed, paid("1", "x", 8000)}, fee.Settled, 8000},
		{"paid, and an old failure arrives late", []fee.Report{paid("1", "x", 8000), failed}, fee.Settled, 8000},
		{"paid, and an old pending arrives late", []fee.Report{paid("1", "x", 8000), pending}, fee.Settled, 8000},
		{"taken twice", []fee.Report{paid("1", "x", 8000), paid("1", "y", 8000)}, fee.GoingBack, 16000},
		{"taken twice, told again", []fee.Report{paid("1", "x", 8000), paid("1", "y", 8000), paid("1", "y", 8000)}, fee.GoingBack, 16000},
		{"less than was asked", []fee.Report{paid("1", "x", 1)}, fee.Waiting, 0},
		{"more than was asked", []fee.Report{paid("1", "x", 800000)}, fee.Waiting, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := ask(t, charge(), "1", now)
			for _, r := range tt.words {
				c = learn(t, c, r)
			}
			if c.Standing() != tt.want || c.Held() != tt.held {
				t.Errorf("%s, holds %d; want %s, %d", c.Standing(), c.Held(), tt.want, tt.held)
			}
		})
	}
	if _, _, err := charge().Learn(paid("other", "x", 8000), now); !errs.Is(err, errs.NoSuchOrder) {
		t.Errorf("an order of nobody: %v", err)
	}
}

func TestAskingTwiceIsOneOrder(t *testing.T) {
	c := ask(t, charge(), "1", now)
	c, p, fresh, err := c.Ask("2", now.Add(time.Minute))
	if err != nil || fresh || p.Order != "1" || len(c.Payments) != 1 {
		t.Errorf("%+v %v %v", p, fresh, err)
	}
	if c = ask(t, c, "3", now.Add(time.Hour)); len(c.Payments) != 2 {
		t.Error("an order that nobody paid for an hour is not opened again")
	}
	c = learn(t, c, paid("3", "x", 8000))
	if _, _, _, err := c.Ask("4", now); !errs.Is(err, errs.NothingDue) {
		t.Errorf("paid, and asked again: %v", err)
	}
}

func TestMoneyGoesBack(t *testing.T) {
	t.Run("withdrawn", func(t *testing.T) {
		c := learn(t, ask(t, charge(), "1", now), paid("1", "x", 8000)).Stop("withdrawn", now)
		c, some := c.Return(number, now)
		if !some || len(c.Back) != 1 || c.Back[0].Fen != 8000 || c.Back[0].Why != "withdrawn" || c.Standing() != fee.GoingBack {
			t.Fatalf("%+v", c)
		}
		if _, some := c.Return(number, now); some {
			t.Error("twice")
		}
		c = learn(t, c, fee.Report{Order: "1", Back: "R1", Word: fee.SaysReturned, Fen: 8000})
		if c.Standing() != fee.Back || c.Held() != 0 {
			t.Errorf("%s %d", c.Standing(), c.Held())
		}
	})
	t.Run("the money comes after the withdrawal", func(t *testing.T) {
		c := ask(t, charge(), "1", now).Stop("withdrawn", now)
		c, some := learn(t, c, paid("1", "x", 8000)).Return(number, now)
		if !some || c.Back[0].Fen != 8000 {
			t.Errorf("%+v", c)
		}
	})
	t.Run("a cheaper rule", func(t *testing.T) {
		c := learn(t, ask(t, charge(), "1", now), paid("1", "x", 8000))
		c, err := c.Reassess(fee.Quote{Fen: 5000}, nil)
		if err != nil {
			t.Fatal(err)
		}
		c, some := c.Return(number, now)
		if !some || c.Back[0].Fen != 3000 || c.Back[0].Why != "over" {
			t.Errorf("%+v", c.Back)
		}
	})
	t.Run("cash waits for the payer", func(t *testing.T) {
		c, _, err := charge().Cash("1", "clerk", now)
		if err != nil || c.Standing() != fee.Settled {
			t.Fatalf("%+v %v", c, err)
		}
		c, _ = c.Stop("declined", now).Return(number, now)
		if c.Standing() != fee.GoingBack {
			t.Errorf("%s", c.Standing())
		}
		c, err = c.HandBack("R1", "clerk", now)
		if err != nil || c.Standing() != fee.Back {
			t.Errorf("%s %v", c.Standing(), err)
		}
		if _, err := c.HandBack("R1", "clerk", now); !errs.Is(err, errs.NoSuchOrder) {
			t.Errorf("handed back twice: %v", err)
		}
	})
	t.Run("the office gives a part back", func(t *testing.T) {
		c := learn(t, ask(t, charge(), "1", now), paid("1", "x", 8000))
		c, err := c.GiveBack(1000, "lead", "why", number, now)
		if err != nil || c.Held() != 7000 || c.Owing() != 0 {
			t.Errorf("%+v %v", c, err)
		}
		if _, err := c.GiveBack(7001, "lead", "why", number, now); !errs.Is(err, errs.NothingDue) {
			t.Errorf("more than there is: %v", err)
		}
	})
}

// Whatever order words come in, and however often: nobody pays more than the bank took, and what is held beyond what is wanted
// goes back once.
func TestAnyOrderOfWords(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		c := charge()
		taken := map[string]int{}
		for n := range 30 {
			order := strconv.Itoa(r.IntN(3))
			switch r.IntN(6) {
			case 0:
				if _, known := c.Payment(order); !known && c.Owing() > 0 {
					c = ask(t, c, order, now.Add(time.Duration(n)*time.Hour))
				}
			case 1, 2:
				if p, known := c.Payment(order); known {
					ref := order + strconv.Itoa(r.IntN(2))
					taken[ref] = p.Fen
					c = learn(t, c, paid(order, ref, p.Fen))
				}
			case 3:
				if _, known := c.Payment(order); known {
					c = learn(t, c, fee.Report{Order: order, Word: fee.SaysFailed})
				}
			case 4:
				c, _ = c.Return(func(string) string { return "R" + strconv.Itoa(len(c.Back)) }, now)
			case 5:
				if n > 20 {
					c = c.Stop("withdrawn", now)
				}
			}
			sum := 0
			for _, fen := range taken {
				sum += fen
			}
			back := 0
			for _, b := range c.Back {
				back += b.Fen
			}
			if c.Held()+back != sum {
				t.Fatalf("seed %d, step %d: holds %d, gave back %d, the bank took %d: %+v", seed, n, c.Held(), back, sum, c)
			}
		}
		c, _ = c.Return(func(string) string { return "last" }, now)
		if c.Held() > c.Wanted() {
			t.Fatalf("seed %d: holds %d, wants %d", seed, c.Held(), c.Wanted())
		}
	}
}

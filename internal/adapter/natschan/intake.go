package natschan

import (
	"context"
	"log/slog"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"tongban/internal/domain/office"
	"tongban/internal/handling/handover"
	"tongban/internal/kernel/errs"
)

// intake handles the requests to one node with a fixed number of workers and a bounded queue. What does not fit is
// answered errs.TryLater at once, so that the sender's outbox waits instead of our memory; one sender gets at most half
// of the room, so that a flood from one node leaves a way for the others.
type intake struct {
	cfg   Config
	queue chan job
	ctx   context.Context // ends when patience with running receivers is over
	end   context.CancelFunc
	done  sync.WaitGroup

	mu     sync.Mutex // guards inside and closed, and sends to queue
	inside map[office.NodeID]int
	share  int
	closed bool
}

type job struct {
	m     handover.Message
	msg   *nats.Msg
	until time.Time
}

func newIntake(cfg Config) *intake {
	workers, backlog := orElse(cfg.Workers, 8), orElse(cfg.Backlog, 32)
	in := &intake{cfg: cfg, queue: make(chan job, backlog), inside: map[office.NodeID]int{}, share: max(1, (workers+backlog)/2)}
	in.ctx, in.end = context.WithCancel(context.Background())
	for range workers {
		in.done.Go(in.work)
	}
	return in
}

// take is called by the connection for each request; it never blocks.
func (in *intake) take(msg *nats.Msg) {
	arrived := time.Now()
	from, kind, ok := sender(in.cfg.Me, msg.Subject, msg.Reply)
	if !ok {
		in.cfg.Log.Warn("channel: request dropped", slog.Any("node", in.cfg.Me), slog.String("subject", msg.Subject), slog.String("reply", msg.Reply))
		return
	}
	wait, err := strconv.ParseUint(msg.Header.Get(headerWait), 10, 32)
	if err != nil {
		in.answer(msg, nil, errs.New(errs.BadRequest, "header %s", headerWait))
		return
	}
	until := arrived.Add(min(time.Duration(wait)*time.Millisecond, answerWithin))
	j := job{handover.Message{From: from, Kind: kind, Body: msg.Data}, msg, until}
	if !in.admit(j) {
		in.answer(msg, nil, errs.New(errs.TryLater, "%s is busy", in.cfg.Me))
	}
}

func (in *intake) admit(j job) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed || in.inside[j.m.From] >= in.share {
		return false
	}
	select {
	case in.queue <- j:
		in.inside[j.m.From]++
		return true
	default:
		return false
	}
}

func (in *intake) leave(from office.NodeID) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.inside[from]--; in.inside[from] == 0 {
		delete(in.inside, from)
	}
}

func (in *intake) work() {
	for j := range in.queue {
		if time.Now().Before(j.until) { // else its sender has given up
			answer, err := in.receive(j)
			in.answer(j.msg, answer, err)
		}
		in.leave(j.m.From)
	}
}

// receive keeps a receiver that panics from taking the node with it.
func (in *intake) receive(j job) (answer []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			in.cfg.Log.Error("channel: receiver panicked", slog.Any("node", in.cfg.Me), slog.String("kind", j.m.Kind), slog.Any("from", j.m.From), slog.String("stack", string(debug.Stack())))
			answer, err = nil, errs.New(errs.Unexpected, "panic")
		}
	}()
	ctx, stop := context.WithDeadline(in.ctx, j.until)
	defer stop()
	return in.cfg.Receiver(ctx, j.m)
}

func (in *intake) answer(msg *nats.Msg, answer []byte, err error) {
	if err == nil && len(answer) > MaxBody {
		err = errs.New(errs.ChannelTooLarge, "answer of %d bytes", len(answer))
	}
	out := &nats.Msg{Data: answer}
	if err != nil {
		code, detail := crossing(err)
		out = &nats.Msg{Header: nats.Header{headerCode: {strconv.FormatUint(uint64(code), 10)}}, Data: []byte(detail)}
	}
	if err := msg.RespondMsg(out); err != nil {
		in.cfg.Log.Debug("channel: answer not sent", slog.Any("node", in.cfg.Me), slog.Any("err", err))
	}
}

// stop takes nothing more and returns when all that was admitted is done; after patience the receivers' contexts end.
func (in *intake) stop(patience time.Duration) {
	in.mu.Lock()
	if !in.closed {
		in.closed = true
		close(in.queue)
	}
	in.mu.Unlock()
	timer := time.AfterFunc(patience, in.end)
	defer timer.Stop()
	in.done.Wait()
	in.end()
}

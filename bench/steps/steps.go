// Go: goroutines on one processor, as the coroutines are on one thread: main sets GOMAXPROCS to 1.
// There is no row `await`; for a goroutine that is a call.
//
//	steps-go [--repeat-scale 1]
package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const usualTime = 500 * time.Millisecond // each row is measured so long, at least

var sum int // makes use of what goroutines send

func yield(steps int) {
	for i := 0; i < steps; i++ {
		runtime.Gosched()
	}
}

func spawnJoin(steps int) {
	for i := 0; i < steps; i++ {
		result := make(chan int)
		go func() { result <- 1 }()
		sum += <-result
	}
}

func queue(steps int) {
	items, done := make(chan int, 1), make(chan bool)
	go func() {
		for item := range items {
			sum += item
		}
		done <- true
	}()
	for i := 0; i < steps; i++ {
		items <- 1
	}
	close(items)
	<-done
}

// A channel with room for one is a lock that is handed over in order. A sync.Mutex is not: who
// releases it mostly takes it again, before the one that waits has woken up.
func takeTurns(lock chan bool, turns int) {
	for i := 0; i < turns; i++ {
		lock <- true
		runtime.Gosched()
		<-lock
	}
}

func lockHandoff(steps int) {
	lock, done := make(chan bool, 1), make(chan bool)
	go func() {
		takeTurns(lock, steps/2)
		done <- true
	}()
	takeTurns(lock, steps-steps/2)
	<-done
}

func lockFree(steps int) {
	var lock sync.Mutex
	for i := 0; i < steps; i++ {
		lock.Lock()
		lock.Unlock()
	}
}

// cpuTime is what the process has used of the processor, user and system.
func cpuTime() time.Duration {
	const processClock = 2 // CLOCK_PROCESS_CPUTIME_ID
	var used syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, processClock, uintptr(unsafe.Pointer(&used)), 0)
	return time.Duration(used.Nano())
}

// measure takes more and more steps until they last long enough, and prints what one takes.
func measure(name string, row func(steps int), enough time.Duration) {
	for steps := 1; ; {
		start := cpuTime()
		row(steps)
		used := cpuTime() - start
		if used >= enough {
			fmt.Printf("{\"name\": \"%s\", \"ns\": %.3f}\n", name, float64(used)/float64(steps))
			return
		}
		growth := 1.4 * float64(enough) / float64(used+1)
		steps = int(float64(steps)*math.Min(growth, 10)) + 1
	}
}

// scale is the command line's X; 0 if that is wrong.
func scale() float64 {
	if len(os.Args) == 1 {
		return 1
	}
	if len(os.Args) != 3 || os.Args[1] != "--repeat-scale" {
		return 0
	}
	x, err := strconv.ParseFloat(os.Args[2], 64)
	if err != nil || !(x > 0) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

func main() {
	times := scale()
	if times == 0 {
		fmt.Fprintln(os.Stderr, "usage: steps-go [--repeat-scale 1]")
		os.Exit(2)
	}
	runtime.GOMAXPROCS(1)
	enough := time.Duration(times * float64(usualTime))
	measure("yield", yield, enough)
	measure("spawn_join", spawnJoin, enough)
	measure("queue", queue, enough)
	measure("lock_handoff", lockHandoff, enough)
	measure("lock_free", lockFree, enough)
}

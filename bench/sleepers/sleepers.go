// Go: a goroutine for each sleeper.
//
//	sleepers-go N [--seconds 2]
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

func usage() {
	fmt.Fprintln(os.Stderr, "usage: sleepers-go N [--seconds 2]")
	os.Exit(2)
}

// commandLine returns the number of sleepers and the longest delay.
func commandLine() (int, time.Duration) {
	if len(os.Args) != 2 && (len(os.Args) != 4 || os.Args[2] != "--seconds") {
		usage()
	}
	seconds := 2.0
	n, err := strconv.Atoi(os.Args[1])
	if err == nil && len(os.Args) == 4 {
		seconds, err = strconv.ParseFloat(os.Args[3], 64)
	}
	if err != nil || n < 1 || !(seconds >= 0.001 && seconds <= 1000) {
		usage()
	}
	return n, time.Duration(seconds * 1e9)
}

// delays is the generator splitmix64.
type delays struct {
	state   uint64
	longest time.Duration
}

func (d *delays) next() time.Duration {
	d.state += 0x9e3779b97f4a7c15
	bits := d.state
	bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9
	bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb
	bits ^= bits >> 31
	return time.Millisecond + time.Duration(bits%uint64(d.longest-time.Millisecond+1))
}

// residentBytes reads VmRSS, what is resident, or VmHWM, the most that ever was.
func residentBytes(field string) int {
	status, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer status.Close()
	lines := bufio.NewScanner(status)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) > 1 && words[0] == field+":" {
			kilobytes, _ := strconv.Atoi(words[1])
			return kilobytes * 1024
		}
	}
	return 0
}

// cpuTime is what the process has used of the processor, user and system.
func cpuTime() time.Duration {
	const processClock = 2 // CLOCK_PROCESS_CPUTIME_ID
	var used syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, processClock, uintptr(unsafe.Pointer(&used)), 0)
	return time.Duration(used.Nano())
}

// run is one measurement.
type run struct {
	late  []time.Duration // of each sleeper, in the order of their waking
	woken int64           // so many entries of late are filled in
	all   sync.WaitGroup
}

func (r *run) sleeper(delay time.Duration) {
	deadline := time.Now().Add(delay)
	time.Sleep(delay)
	r.late[atomic.AddInt64(&r.woken, 1)-1] = time.Since(deadline)
	r.all.Done()
}

func main() {
	n, longest := commandLine()
	r := run{late: make([]time.Duration, n)}
	for i := range r.late {
		r.late[i] = -1 // so that this memory is there before, and counts for no sleeper
	}
	draw := delays{longest: longest}
	memory := residentBytes("VmRSS")
	start, cpu := time.Now(), cpuTime()

	r.all.Add(n)
	for i := 0; i < n; i++ {
		go r.sleeper(draw.next())
	}
	r.all.Wait()

	cpu = cpuTime() - cpu
	wall := time.Since(start)
	memory = residentBytes("VmHWM") - memory
	sort.Slice(r.late, func(a, b int) bool { return r.late[a] < r.late[b] })
	early := sort.Search(n, func(i int) bool { return r.late[i] >= 0 })
	milliseconds := func(late time.Duration) float64 { return float64(late) / 1e6 }
	fmt.Printf(`{"peer":"go","n":%d,"seconds":%.4f,"cpu_seconds":%.4f,"bytes_each":%.0f,`+
		`"early":%d,"max_late_ms":%.3f,"p99_late_ms":%.3f}`+"\n",
		n, wall.Seconds(), cpu.Seconds(), float64(memory)/float64(n),
		early, milliseconds(r.late[n-1]), milliseconds(r.late[(n-1)*99/100]))
}

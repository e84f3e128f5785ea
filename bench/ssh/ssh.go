// Go: a goroutine for each session, with golang.org/x/crypto/ssh.
//
//	ssh-go --port PORT --sessions N
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

// Kilobytes: VmRSS is what is resident, VmHWM the most that ever was.
func residentKilobytes(field string) int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(status), "\n") {
		words := strings.Fields(line)
		if len(words) > 1 && words[0] == field+":" {
			number, _ := strconv.Atoi(words[1])
			return number
		}
	}
	return 0
}

func cpu() time.Duration {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func talk(address string, config *ssh.ClientConfig, toCome *sync.WaitGroup) {
	client, err := ssh.Dial("tcp", address, config)
	check(err)
	defer client.Close()
	session, err := client.NewSession()
	check(err)
	stdin, err := session.StdinPipe()
	check(err)
	stdout, err := session.StdoutPipe()
	check(err)
	check(session.RequestPty("dumb", 24, 80, ssh.TerminalModes{}))
	check(session.Shell())
	reader := bufio.NewReader(stdout)
	_, err = reader.ReadString('>')
	check(err)
	toCome.Done()
	toCome.Wait()
	_, err = io.WriteString(stdin, "show clock\n")
	check(err)
	_, err = reader.ReadString('>')
	check(err)
}

func main() {
	port := flag.Int("port", 0, "")
	sessions := flag.Int("sessions", 0, "")
	flag.Parse()
	config := &ssh.ClientConfig{
		User:              "cisco",
		Auth:              []ssh.AuthMethod{ssh.Password("cisco")},
		HostKeyCallback:   ssh.InsecureIgnoreHostKey(),
		HostKeyAlgorithms: []string{"ssh-ed25519"},
		Timeout:           2 * time.Minute,
	}
	config.KeyExchanges = []string{"curve25519-sha256@libssh.org"}
	config.Ciphers = []string{"aes256-ctr"}
	config.MACs = []string{"hmac-sha2-256"}
	address := "127.0.0.1:" + strconv.Itoa(*port)

	memory, start, used := residentKilobytes("VmRSS"), time.Now(), cpu()
	var all, toCome sync.WaitGroup
	toCome.Add(*sessions)
	for i := 0; i < *sessions; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			talk(address, config, &toCome)
		}()
	}
	all.Wait()
	n := float64(*sessions)
	fmt.Printf("{\"peer\":\"go\",\"sessions\":%d,\"seconds\":%.4f,\"cpu_ms_each\":%.4f,\"kb_each\":%.1f}\n",
		*sessions, time.Since(start).Seconds(), (cpu()-used).Seconds()*1e3/n,
		float64(residentKilobytes("VmHWM")-memory)/n)
}

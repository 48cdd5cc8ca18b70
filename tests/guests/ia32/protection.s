# SPDX-License-Identifier: BSL-1.0
# IA-32 from real-address mode to virtual-8086 mode: each protection check is provoked once, and what the processor says
# of it goes to port E9h. It starts at linear 10000h in real-address mode (CS:IP = 1000:0000) and ends with HLT.
	.intel_syntax noprefix
	.equ BASE, 0x10000
	.equ CODE, 0x08
	.equ DATA, 0x10
	.equ UCODE, 0x18 + 3
	.equ UDATA, 0x20 + 3
	.equ TSS, 0x28
	.equ CODE16, 0x30
	.equ DATA16, 0x38
	.equ GATE, 0x40
	.equ ABSENT, 0x48
	.equ CONFORMING, 0x50
	.equ DOWN, 0x58
	.equ SMALL, 0x60
	.equ XONLY, 0x68
	.equ LDT, 0x70
	.equ PAGES, 0x40000
	.equ LAST, 0x80

# Prints a character, then goes on; all registers are kept.
	.macro say text
	push	eax
	.irpc c, \text
	.byte	0xb0			# MOV AL, the character
	.ascii	"\c"
	out	0xe9, al
	.endr
	pop	eax
	.endm
# What follows up to "caught" should trap: its vector, error code and privilege are printed, then it goes on there.
	.macro try name
	say	\name
	mov	dword ptr [resume], offset 8f
	.endm
	.macro caught
	say	"-"
8:	mov	al, 10
	out	0xe9, al
	.endm

	.text
	.code16
start:	cli
	mov	ax, cs
	mov	ds, ax
	xor	ax, ax
	mov	ss, ax
	mov	sp, 0x7000
	mov	es, ax
	.irpc	c, "begin"
	.byte	0xb0
	.ascii	"\c"
	out	0xe9, al
	.endr
	mov	al, 10
	out	0xe9, al
# Real-address mode: interrupts through the vector table.
	mov	word ptr es:[0x20 * 4], offset real20 - start
	mov	word ptr es:[0x20 * 4 + 2], cs
	mov	word ptr es:[0], offset real0 - start
	mov	word ptr es:[2], cs
	sti
	int	0x20
	pushf
	pop	ax
	and	ah, 2
	shr	ah, 1
	mov	al, '0'
	add	al, ah
	out	0xe9, al
	xor	cx, cx
	div	cx
	mov	al, 'd'
	out	0xe9, al
	mov	eax, 0x12345678
	mov	cx, 0xffff
	mov	si, 0x10
	addr32 mov	byte ptr es:[0x500], 0x5a
	mov	bx, 0x500
	mov	al, es:[bx]
	cmp	al, 0x5a
	jne	1f
	mov	al, 'a'
	out	0xe9, al
1:	mov	al, 10
	out	0xe9, al
	cli
	jmp	protect

real20:	push	ax
	mov	al, 'i'
	out	0xe9, al
	pushf
	pop	ax
	and	ah, 2
	shr	ah, 1
	mov	al, '0'
	add	al, ah
	out	0xe9, al
	pop	ax
	iret
real0:	push	bp
	mov	bp, sp
	add	word ptr [bp + 2], 2
	mov	al, 'z'
	out	0xe9, al
	pop	bp
	iret

protect:
	lgdt	[gdtr - start]
	lidt	[idtr - start]
	mov	eax, cr0
	or	al, 1
	mov	cr0, eax
	.byte	0x66, 0xea
	.long	protected
	.word	CODE

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	# 08 code
	.quad	0x00cf93000000ffff	# 10 data
	.quad	0x00cffb000000ffff	# 18 user code
	.quad	0x00cff3000000ffff	# 20 user data
	.word	tss_end - tss - 1, tss - start	# 28 TSS
	.byte	1, 0x89, 0, 0
	.quad	0x00009b010000ffff	# 30 16-bit code at 10000
	.quad	0x000093010000ffff	# 38 16-bit data
	.word	gate_entry - start, CODE	# 40 call gate of two arguments for CPL 3; high half of the offset below
	.word	0xec02, 1
	.quad	0x00cf13000000ffff	# 48 not present
	.quad	0x00cf9f000000ffff	# 50 conforming code
	.quad	0x00cf97000000000f	# 58 expand-down: offsets from 10000h
	.quad	0x004093020000000f	# 60 16 bytes at 20000h
	.quad	0x00cf99000000ffff	# 68 execute-only code
	.word	15, ldt - start		# 70 LDT
	.byte	1, 0x82, 0, 0
gdt_end:
ldt:	.quad	0x00cff3000000ffff	# 07 user data
	.quad	0x00cf93000000ffff
gdtr:	.word	gdt_end - gdt - 1
	.long	gdt
idtr:	.word	0x81 * 8 - 1
	.long	idt
idt_real:
	.word	0x3ff
	.long	0
	.balign	4
tss:	.long	0
	.long	0x6000, DATA
	.fill	22, 4, 0
	.word	0, tss_map - tss
tss_map:
	.fill	0x20, 1, 0xff		# ports 0 to ff
	.fill	1, 1, 0xff
tss_end:
resume:	.long	0
here:	.long	0

	.code32
protected:
	mov	ax, DATA
	mov	ds, ax
	mov	es, ax
	mov	ss, ax
	mov	esp, 0x7000
	mov	ax, 0
	mov	fs, ax
	mov	gs, ax
	mov	byte ptr [tss_map + 0xe9 / 8], 0xfd	# port E9 is permitted
# Gates 0 to 31 lead to their stubs.
	mov	edi, offset idt
	mov	esi, offset stubs
	mov	ecx, 32
1:	mov	eax, esi
	mov	[edi], ax
	mov	word ptr [edi + 2], CODE
	mov	word ptr [edi + 4], 0x8e00
	shr	eax, 16
	mov	[edi + 6], ax
	add	edi, 8
	add	esi, 16
	loop	1b
	mov	byte ptr [idt + 3 * 8 + 5], 0xee
	mov	byte ptr [idt + 4 * 8 + 5], 0xee
# 30: absent; 31: a data segment; 40: for CPL 0 alone; 41: null selector; 80: for everybody.
	mov	dword ptr [idt + 0x30 * 8 + 4], 0x10e00
	mov	dword ptr [idt + 0x30 * 8], CODE << 16
	mov	dword ptr [idt + 0x31 * 8 + 4], 0x18e00
	mov	dword ptr [idt + 0x31 * 8], DATA << 16
	mov	dword ptr [idt + 0x40 * 8 + 4], 0x18e00
	mov	dword ptr [idt + 0x40 * 8], CODE << 16
	mov	dword ptr [idt + 0x41 * 8 + 4], 0x18e00
	mov	dword ptr [idt + 0x41 * 8], 0
	mov	eax, offset call80
	mov	[idt + 0x80 * 8], ax
	mov	word ptr [idt + 0x80 * 8 + 2], CODE
	mov	word ptr [idt + 0x80 * 8 + 4], 0xee00
	mov	word ptr [idt + 0x80 * 8 + 6], 1
	mov	ax, TSS
	ltr	ax

# Loads of segment registers.
	try	"beyond"
	mov	ax, 0xf8
	mov	ds, ax
	caught
	try	"absent"
	mov	ax, ABSENT
	mov	es, ax
	caught
	try	"ss0"
	xor	ax, ax
	mov	ss, ax
	caught
	try	"ssuser"
	mov	ax, UDATA
	mov	ss, ax
	caught
	try	"ssdpl"
	mov	ax, UDATA - 3
	mov	ss, ax
	caught
	try	"ssrpl"
	mov	ax, DATA + 3
	mov	ss, ax
	caught
	try	"sscode"
	mov	ax, CODE
	mov	ss, ax
	caught
	try	"ssabsent"
	mov	ax, ABSENT
	mov	ss, ax
	caught
	try	"xonly"
	mov	ax, XONLY
	mov	fs, ax
	caught
	try	"tss"
	mov	ax, TSS
	mov	fs, ax
	caught
	xor	ax, ax
	lldt	ax
	try	"noldt"
	mov	ax, 7
	mov	fs, ax
	caught
	mov	ax, LDT
	lldt	ax
	try	"ldt"
	mov	ax, 7
	mov	fs, ax
	mov	eax, fs:[0x10000]
	say	"ok"
	caught
	try	"ldtbeyond"
	mov	ax, 0x14
	mov	fs, ax
	caught
	try	"null"
	xor	ax, ax
	mov	gs, ax
	mov	eax, gs:[0]
	caught
# Limits and types.
	mov	ax, SMALL
	mov	fs, ax
	try	"last"
	mov	eax, fs:[12]
	say	"ok"
	caught
	try	"limit"
	mov	eax, fs:[13]
	caught
	try	"limitbyte"
	mov	al, fs:[16]
	caught
	mov	ax, DOWN
	mov	fs, ax
	try	"down"
	mov	al, fs:[0xffff]
	caught
	try	"downok"
	mov	al, fs:[0x10000]
	say	"ok"
	caught
	try	"readcode"
	mov	eax, cs:[start]
	say	"ok"
	caught
	try	"writecode"
	mov	cs:[start], eax
	caught
	try	"stack"
	mov	ax, DATA16
	mov	ss, ax
	mov	eax, ss:[0xfffd]
	caught
	mov	ax, DATA
	mov	ss, ax
	mov	esp, 0x7000
# Exceptions of instructions.
	try	"divide"
	xor	ecx, ecx
	div	ecx
	caught
	try	"int3"
	int3
	caught
	try	"into"
	mov	al, 0x7f
	add	al, 1
	into
	caught
	try	"bound"
	mov	eax, 5
	bound	eax, [pair]
	caught
	try	"ud"
	ud2
	caught
	try	"lock"
	.byte	0xf0, 0x90
	caught
	try	"movcs"
	.byte	0x8e, 0xc8
	caught
	try	"seg6"
	.byte	0x8e, 0xf0
	caught
	try	"long"
	.fill	15, 1, 0x66
	nop
	caught
# Transfers.
	try	"jmpnull"
	.byte	0xea
	.long	0
	.word	0
	caught
	try	"jmpdata"
	.byte	0xea
	.long	0
	.word	DATA
	caught
	try	"jmpuser"
	.byte	0xea
	.long	0
	.word	UCODE
	caught
	try	"jmprpl"
	.byte	0xea
	.long	0
	.word	CODE + 3
	caught
	try	"jmpabsent"
	.byte	0xea
	.long	0
	.word	ABSENT
	caught
	try	"jmplimit"
	.byte	0xea
	.long	0x10000
	.word	CODE16
	caught
	try	"gate30"
	int	0x30
	caught
	try	"gate31"
	int	0x31
	caught
	try	"gate41"
	int	0x41
	caught
	try	"gatebeyond"
	int	0x90
	caught
	try	"retnull"
	push	0
	push	0
	retf
	caught
	mov	esp, 0x7000
	try	"retdata"
	push	DATA
	push	0
	retf
	caught
	mov	esp, 0x7000
	try	"conforming"
	push	CONFORMING
	push	offset 1f
	retf
1:	say	"ok"
	push	CODE
	push	offset 1f
	retf
1:
	caught
# 16-bit code, and back.
	say	"sixteen"
	.byte	0xea
	.long	sixteen - BASE
	.word	CODE16
back32:	mov	al, 10
	out	0xe9, al
# Control registers.
	try	"pgnope"
	mov	eax, cr0
	mov	ebx, eax
	and	eax, 0xfffffffe
	or	eax, 0x80000000
	mov	cr0, eax
	caught
	try	"cr1"
	.byte	0x0f, 0x20, 0xc8
	caught
	try	"cr4"
	mov	eax, 0x80000000
	mov	cr4, eax
	caught
	try	"smsw"
	mov	eax, cr0
	smsw	cx
	xor	eax, ecx
	test	ax, ax
	jnz	1f
	say	"same"
1:	caught
# Single step: one trap for each instruction behind the POPF, none between MOV SS and the next.
	try	"step"
	mov	ax, DATA
	pushf
	or	dword ptr [esp], 0x100
	popf
	nop
	mov	ss, ax
	nop
	pushf
	and	dword ptr [esp], 0xfffffeff
	popf
	nop
	caught
# Descriptors.
	say	"lar"
	mov	bx, UDATA
	lar	eax, bx
	call	hex
	mov	bx, TSS
	lar	eax, bx
	call	hex
	lsl	eax, bx
	call	hex
	mov	bx, GATE
	lsl	eax, bx
	call	zero
	lar	eax, bx
	call	zero
	mov	bx, 0xf8
	lar	eax, bx
	call	zero
	mov	bx, XONLY
	verr	bx
	call	zero
	mov	bx, DATA
	verw	bx
	call	zero
	mov	bx, CODE
	verw	bx
	call	zero
	mov	ax, 0x10
	mov	bx, 3
	arpl	ax, bx
	call	zero
	movzx	eax, ax
	call	hex
	mov	al, 10
	out	0xe9, al
# Pages: everything to itself; 30000 is absent, 31000 read-only, 32000 not the user's.
	mov	edi, PAGES
	mov	dword ptr [edi], PAGES + 0x1007
	mov	dword ptr [edi + 4], 0x400087
	mov	ecx, 1022
	add	edi, 8
	xor	eax, eax
	cld
	rep stosd
	mov	edi, PAGES + 0x1000
	mov	eax, 7
	mov	ecx, 1024
1:	stosd
	add	eax, 0x1000
	loop	1b
	mov	dword ptr [PAGES + 0x1000 + 4 * 0x30], 0
	mov	dword ptr [PAGES + 0x1000 + 4 * 0x31], 0x31005
	mov	dword ptr [PAGES + 0x1000 + 4 * 0x32], 0x32003
	mov	eax, PAGES
	mov	cr3, eax
	mov	eax, 0x10
	mov	cr4, eax
	mov	eax, cr0
	or	eax, 0x80010000
	mov	cr0, eax
	try	"pageabsent"
	mov	eax, [0x30123]
	caught
	try	"pagewrite"
	mov	[0x31456], eax
	caught
	try	"pagecross"
	mov	eax, [0x2fffe]
	caught
	try	"pageok"
	mov	[0x32000], eax
	mov	eax, [0x31000]
	mov	eax, [0x401000]
	say	"ok"
	caught
	say	"bits"
	mov	eax, [PAGES + 0x1000 + 4 * 0x31]
	call	hex
	mov	eax, [PAGES + 0x1000 + 4 * 0x32]
	call	hex
	mov	eax, [PAGES + 0x1000 + 4 * 0x33]
	call	hex
	mov	eax, [PAGES + 4]
	call	hex
	mov	al, 10
	out	0xe9, al
	mov	eax, cr0
	and	eax, 0xfffeffff
	mov	cr0, eax
	try	"nowp"
	mov	[0x31456], eax
	say	"ok"
	caught
	mov	eax, cr0
	or	eax, 0x00010000
	mov	cr0, eax
# User mode.
	push	UDATA
	push	0x5000
	push	0x202
	push	UCODE
	push	offset user
	iret

# Virtual-8086 mode.
virtual:
	mov	esp, 0x7000
	push	0			# GS, FS, DS, ES
	push	0
	push	0x1000
	push	0
	push	0			# SS:ESP
	push	0x4000
	push	0x20202			# VM, IOPL 0
	push	0x1000
	push	offset v86 - BASE
	mov	dword ptr [resume], offset v86_caught
	say	"v86:"
	iret
v86_caught:
	mov	al, 10
	out	0xe9, al
	mov	esp, 0x7000
	push	0
	push	0
	push	0x1000
	push	0
	push	0
	push	0x4000
	push	0x23202			# VM, IOPL 3
	push	0x1000
	push	offset v86b - BASE
	mov	dword ptr [resume], offset v86b_caught
	say	"v86iopl3:"
	iret
v86b_caught:
	mov	al, 10
	out	0xe9, al
# A fault on the way to a fault's handler.
	mov	byte ptr [idt + 13 * 8 + 5], 0
	try	"double"
	mov	ax, 0xf8
	mov	ds, ax
	caught
	mov	byte ptr [idt + 13 * 8 + 5], 0x8e
	say	"end"
	mov	al, 10
	out	0xe9, al
	mov	dx, 0x8900		# where Bochs is told to end
	mov	esi, offset shutdown
	mov	ecx, 8
	rep outsb
	cli
	hlt
shutdown:
	.ascii	"Shutdown"

# In user mode.
user:	mov	ax, UDATA
	mov	ds, ax
	mov	es, ax
	say	"user"
	mov	al, 10
	out	0xe9, al
	try	"cli"
	cli
	caught
	try	"hlt"
	hlt
	caught
	try	"movcr"
	mov	eax, cr0
	caught
	try	"clts"
	clts
	caught
	try	"lgdt"
	lgdt	[gdtr]
	caught
	try	"ltr"
	ltr	ax
	caught
	try	"in"
	in	al, 0x60
	caught
	try	"inword"
	in	ax, 0xe9
	caught
	try	"out"
	mov	al, 'o'
	out	0xe9, al
	caught
	try	"data0"
	mov	ax, DATA
	mov	ds, ax
	caught
	mov	ax, UDATA
	mov	ds, ax
	try	"data3"
	mov	ax, UDATA - 3
	mov	ds, ax
	say	"ok"
	caught
	try	"conf3"
	mov	ax, CONFORMING
	mov	ds, ax
	say	"ok"
	caught
	mov	ax, UDATA
	mov	ds, ax
	try	"code3"
	mov	ax, CODE
	mov	ds, ax
	caught
	mov	ax, UDATA
	mov	ds, ax
	try	"int40"
	int	0x40
	caught
	try	"int80"
	int	0x80
	caught
	try	"pageuser"
	mov	eax, [0x32000]
	caught
	try	"pagerouser"
	mov	[0x31000], eax
	caught
	try	"popf"
	pushf
	pop	eax
	and	eax, 0xfffffdff
	or	eax, 0x3000
	push	eax
	popf
	pushf
	pop	eax
	call	hex
	caught
	try	"smsw"
	smsw	eax
	and	eax, 0xffff
	call	hex
	caught
	try	"gate"
	push	0x11111111
	push	0x22222222
	.byte	0x9a
	.long	0
	.word	GATE
	mov	eax, esp
	call	hex
	caught
	try	"jmpgate"
	.byte	0xea
	.long	0
	.word	GATE
	caught
	try	"jmp0"
	.byte	0xea
	.long	0
	.word	CODE
	caught
	try	"ret0"
	push	CODE
	push	0
	retf
	caught
	mov	esp, 0x5000
	try	"iret"
	pushf
	push	UCODE
	push	offset 1f
	iret
1:	say	"ok"
	caught
	int	0x80			# its second call goes on with virtual-8086 mode
	ud2

# Called by INT 80h: counts itself.
call80:	inc	dword ptr ss:[calls]
	cmp	dword ptr ss:[calls], 2
	je	1f
	say	"call"
	push	eax
	mov	eax, [esp + 8]
	call	hex
	mov	eax, [esp + 12]
	and	eax, 0x3ff
	call	hex
	mov	eax, [esp + 20]
	call	hex
	pop	eax
	iret
1:	mov	ax, DATA
	mov	ds, ax
	mov	es, ax
	jmp	virtual

# Called through the gate: two arguments lie above the return address.
gate_entry:
	say	"in"
	mov	eax, cs
	call	hex
	mov	eax, ss
	call	hex
	mov	eax, [esp + 8]
	call	hex
	mov	eax, [esp + 12]
	call	hex
	mov	eax, esp
	call	hex
	retf	8

	.code16
sixteen:
	mov	ax, DATA16
	mov	ss, ax
	mov	esp, 0xabcd8000
	push	ax
	mov	al, 's'
	out	0xe9, al
	push	eax
	pop	ecx
	pop	ax
	cmp	esp, 0xabcd8000
	jne	1f
	mov	al, 'p'
	out	0xe9, al
1:	mov	ax, DATA
	mov	ss, ax
	mov	esp, 0x7000
	.byte	0x66, 0xea
	.long	back32
	.word	CODE

# In virtual-8086 mode: ordinary code, then an instruction that is not permitted.
v86:	mov	ax, 0x1000
	mov	ds, ax
	mov	ax, cs
	add	al, '0'
	out	0xe9, al
	int	0x20
	hlt
v86b:	mov	ax, ss
	add	al, 'A'
	out	0xe9, al
	cli
	sti
	pushf
	pop	ax
	mov	al, 'f'
	out	0xe9, al
	hlt

	.code32
# Prints EAX and a blank; all registers and flags are kept.
hex:	pushf
	push	eax
	push	ecx
	push	edx
	mov	edx, eax
	mov	ecx, 8
1:	rol	edx, 4
	mov	al, dl
	and	al, 15
	cmp	al, 10
	sbb	al, 0x69
	das
	out	0xe9, al
	loop	1b
	mov	al, ' '
	out	0xe9, al
	pop	edx
	pop	ecx
	pop	eax
	popf
	ret
# Prints Z.
zero:	pushf
	push	eax
	setz	al
	add	al, '0'
	out	0xe9, al
	mov	al, ' '
	out	0xe9, al
	pop	eax
	popf
	ret

# Stubs of 16 bytes: those without an error code push a zero.
	.balign	16
stubs:
	.set	vector, 0
	.rept	32
	.balign	16
	.if	(0x27d00 >> vector) & 1
	.else
	push	0
	.endif
	push	vector
	jmp	report
	.set	vector, vector + 1
	.endr

# Frame: EAX, vector, error, EIP, CS, EFLAGS.
report:	push	eax
	mov	eax, [esp + 4]
	cmp	eax, 1
	je	stepped
	call	hex_short
	mov	eax, [esp + 8]
	call	hex
	mov	eax, [esp + 16]
	and	eax, 3
	call	hex_short
	mov	eax, [esp + 20]
	and	eax, 0x30200
	call	hex
	cmp	dword ptr [esp + 4], 14
	jne	1f
	mov	eax, cr2
	call	hex
1:	test	dword ptr [esp + 20], 0x20000
	jnz	from_v86
	mov	eax, cs:[resume]
	mov	[esp + 12], eax
	pop	eax
	add	esp, 8
	iret
from_v86:
	mov	ax, DATA
	mov	ds, ax
	mov	es, ax
	mov	eax, cs:[resume]
	jmp	eax
# Single step: a point, and on it goes.
stepped:
	say	"."
	pop	eax
	add	esp, 8
	iret
hex_short:
	push	eax
	cmp	al, 10
	sbb	al, 0x69
	das
	out	0xe9, al
	mov	al, ' '
	out	0xe9, al
	pop	eax
	ret

	.balign	4
pair:	.long	0, 4
calls:	.long	0
	.balign	8
idt:	.fill	0x81 * 8, 1, 0

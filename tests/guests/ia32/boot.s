# SPDX-License-Identifier: BSL-1.0
# A boot sector: reads SECTORS sectors behind it from the floppy disk to 1000:0000, and starts what is there.
	.intel_syntax noprefix
	.code16
	.text
	xor ax, ax
	mov ds, ax
	mov ss, ax
	mov sp, 0x7c00
	mov ax, 0x1000
	mov es, ax
	xor bx, bx
	mov ax, 0x0200 + SECTORS
	mov cx, 0x0002
	xor dx, dx
	int 0x13
	jc 1f
	.byte 0xea
	.word 0, 0x1000
1:	hlt
	jmp 1b
	.org 510
	.word 0xaa55

using System.Buffers;

namespace Grpc.Core;

/// <summary>Gathers one message in memory.</summary>
sealed class ArraySerializationContext : SerializationContext
{
    readonly ArrayBufferWriter<byte> _writer = new();
    byte[]? _payload;

    public override IBufferWriter<byte> GetBufferWriter() => _writer;

    public override void Complete(byte[] payload) => _payload = payload;

    public override void Complete() => _payload = _writer.WrittenSpan.ToArray();

    public byte[] ToArray() => _payload ?? throw new InvalidOperationException("The serializer did not complete its message.");
}

/// <summary>Presents an array as the message to read.</summary>
sealed class ArrayDeserializationContext(byte[] payload) : DeserializationContext
{
    public override int PayloadLength => payload.Length;

    public override byte[] PayloadAsNewBuffer() => payload;

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(payload);
}

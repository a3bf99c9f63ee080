using System.Buffers.Binary;
using NUnit.Framework;
using Pricing.Node.Workers;

namespace Pricing.Tests.Node;

/// <summary>The frames between a node and its workers: what one writes the other reads, and nothing longer or stranger.</summary>
[TestFixture]
sealed class FrameStreamTests
{
    [Test]
    public void What_is_written_is_read_in_order([Values(0, 1, Limits.Wire.ChunkBytes, 3 * Limits.Wire.ChunkBytes)] int length)
    {
        var sent = new byte[length];
        new Random(length).NextBytes(sent);
        using var pipe = new MemoryStream();
        using (var writer = new FrameStream(Stream.Null, new Unclosed(pipe)))
        {
            writer.Write(FrameKind.Bytes, sent);
            writer.Write(FrameKind.End, []);
        }
        pipe.Position = 0;
        using var reader = new FrameStream(new Unclosed(pipe), Stream.Null);
        Assert.That(reader.Read(out var payload), Is.EqualTo(FrameKind.Bytes));
        Assert.That(payload.SequenceEqual(sent));
        Assert.That(reader.Read(out payload), Is.EqualTo(FrameKind.End));
        Assert.That(payload.Length, Is.Zero);
        Assert.Throws<EndOfStreamException>(() => reader.Read(out _));
    }

    [TestCase(0, 0)]
    [TestCase(200, 0)]
    [TestCase((int)FrameKind.Measured, -1)]
    [TestCase((int)FrameKind.Measured, Limits.Wire.MessageBytesMax + 1)]
    public void A_frame_of_no_kind_or_of_no_allowed_length_is_a_broken_pipe(int kind, int length)
    {
        var header = new byte[5];
        header[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(1), length);
        using var reader = new FrameStream(new MemoryStream(header), Stream.Null);
        Assert.That(() => reader.Read(out _), Throws.InstanceOf<IOException>().And.Message.Contains("No frame"));
    }

    [Test]
    public void A_frame_that_is_too_long_is_not_written()
    {
        using var writer = new FrameStream(Stream.Null, Stream.Null);
        Assert.Throws<IOException>(() => writer.Write(FrameKind.Bytes, new byte[Limits.Wire.MessageBytesMax + 1]));
    }

    /// <summary>A memory stream is both ends of a pipe; closing one end must not close the other.</summary>
    sealed class Unclosed(Stream inner) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, Math.Min(count, 1000));
        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);
        public override void Flush() => inner.Flush();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

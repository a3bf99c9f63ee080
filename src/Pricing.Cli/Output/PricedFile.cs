using Pricing.Quoting.V1;

namespace Pricing.Cli.Output;

/// <summary>A finished quote and the caller's own clock.</summary>
/// <param name="Quote">As the platform answered.</param>
/// <param name="ModelKnown">True when no byte was uploaded.</param>
/// <param name="StartMs">Starting the platform for this call; 0 with a server.</param>
/// <param name="UploadMs">Hashing, announcing and, where needed, sending the file.</param>
/// <param name="AnswerMs">From asking for the quote to having it.</param>
/// <param name="TotalMs">From the first byte read to the finished quote.</param>
/// <param name="FirstMs">For a known measurement: what the platform took for the quote that measured it; null when that one is not found.</param>
/// <param name="BytesSent">Bytes of the file that travelled.</param>
/// <param name="BytesReused">Bytes of it that the platform had from other files, when only a part travelled.</param>
sealed record PricedFile(Quote Quote, bool ModelKnown, double StartMs, double UploadMs, double AnswerMs, double TotalMs, double? FirstMs,
    long BytesSent = 0, long BytesReused = 0);

namespace Pricing;

/// <summary>
/// Every bound of the platform: queues, buffers, messages, retries, loops, lengths, counts. One file, compiled into each room,
/// so that a reader sees them together and a test can check the relations between them. Nothing elsewhere may hold a magic bound.
/// </summary>
static class Limits
{
    /// <summary>Bounds on what a model file may be.</summary>
    public static class Mesh
    {
        /// <summary>Largest file accepted anywhere: 700 MiB, a binary STL of 14.6 million triangles.</summary>
        public const long FileBytesMax = 700L << 20;

        /// <summary>Largest number of triangles a file may expand to, instances included.</summary>
        public const long TrianglesMax = 50_000_000;

        /// <summary>Largest number of vertices an indexed format may hold in memory (12 bytes each).</summary>
        public const int VerticesMax = 30_000_000;

        /// <summary>Vertices a 3MF or AMF may hold in memory (24 bytes each: they are placed after they are read).</summary>
        public const int PackageVerticesMax = 15_000_000;

        /// <summary>Largest absolute coordinate after unit and scale, in millimetres (1 km).</summary>
        public const double CoordinateMmMax = 1e6;

        /// <summary>Longest line of a text format. A longer one is refused, whatever the file's size.</summary>
        public const int TextLineBytesMax = 64 << 10;

        /// <summary>Corners of one polygon of an indexed format.</summary>
        public const int PolygonCornersMax = 4096;

        /// <summary>Zip containers (3MF): entries, inflated bytes, inflation ratio, compressed bytes kept in memory.</summary>
        public const int ZipEntriesMax = 1000;
        public const long ZipInflatedBytesMax = 1L << 30;
        public const int ZipInflationRatioMax = 200;
        public const long ContainerBytesMax = 256L << 20;

        /// <summary>Nesting of XML elements, 3MF components and glTF nodes.</summary>
        public const int XmlDepthMax = 64;
        public const int ComponentDepthMax = 32;
        public const int ComponentsMax = 100_000;

        /// <summary>Objects of a 3MF or AMF, nodes, accessors or buffers of a glTF.</summary>
        public const int ObjectsMax = 100_000;

        /// <summary>Bytes of the JSON part of a glTF file.</summary>
        public const int GltfJsonBytesMax = 64 << 20;

        /// <summary>Above this many triangles shells and boundary edges are not counted (the closed verdict still is exact).</summary>
        public const int TopologyTrianglesMax = 2_000_000;

        /// <summary>Pairs of shells compared to tell a cavity from a shell turned inside out; with more, shells are left as they are.</summary>
        public const long ShellPairsMax = 10_000_000;

        /// <summary>Tiles under way between the decoder and each measuring thread (18 KB each).</summary>
        public const int TilesPerThreadMax = 16;

        /// <summary>Rows of the layer profile; a taller part gets no layer-based estimate.</summary>
        public const int LayersMax = 100_000;

        /// <summary>Scale factor a caller may ask for.</summary>
        public const double ScaleMin = 1e-6;
        public const double ScaleMax = 1e6;

        /// <summary>Threads one measurement may use.</summary>
        public const int ThreadsMax = 64;
    }

    /// <summary>Bounds on the raster estimate of filament prints.</summary>
    public static class Fdm
    {
        /// <summary>Cells of one layer's raster: a larger part gets larger cells. A cell costs 8 bytes on each of up to <see cref="RasterLayersHeldMax"/> layers.</summary>
        public const int RasterCellsMax = 1 << 20;

        /// <summary>Layers held at once; shells of more layers than fit are answered by sums over triangles.</summary>
        public const int RasterLayersHeldMax = 64;

        /// <summary>Crossings of triangles and planes: more, and the part is answered by sums over triangles.</summary>
        public const long CrossingsMax = 1_000_000_000;

        /// <summary>Points of one wave of the gyroid sample.</summary>
        public const int PatternPointsMax = 4096;

        /// <summary>Text of a printer profile.</summary>
        public const int ProfileCharsMax = 1 << 20;
        public const int ProfileLinesMax = 10_000;
    }

    /// <summary>Bounds on what a quote may ask.</summary>
    public static class Quote
    {
        public const int ConfigurationsMax = 64;
        public const int QuantitiesMax = 32;
        public const long QuantityMax = 1_000_000;
        public const int PageSizeMax = 200;
        public const int PageSizeDefault = 50;
        public const int FileNameCharsMax = 255;
        public const int WaitSecondsMax = 30;

        /// <summary>A quote ends by then, whatever happens.</summary>
        public const int DeadlineSeconds = 15 * 60;

        /// <summary>Firm prices hold this long.</summary>
        public const int ValidDays = 14;

        /// <summary>Quotes in flight on one bulk stream.</summary>
        public const int BulkInFlightMax = 256;
    }

    /// <summary>Bounds on the wire between client, coordinator and node.</summary>
    public static class Wire
    {
        /// <summary>One chunk of mesh bytes. Below the 85 kB large-object limit on purpose.</summary>
        public const int ChunkBytes = 64 << 10;

        /// <summary>Largest chunk accepted from a client.</summary>
        public const int ChunkBytesMax = 256 << 10;

        /// <summary>Largest gRPC message either way (a finished quote with all its lines).</summary>
        public const int MessageBytesMax = 8 << 20;

        /// <summary>Mesh bytes a coordinator sends ahead of a node's acknowledgement, per job.</summary>
        public const int WindowBytes = 8 << 20;

        /// <summary>Messages waiting on one stream's writer.</summary>
        public const int StreamWriterQueueMax = 256;

        /// <summary>Concurrent streams on one connection.</summary>
        public const int StreamsPerConnectionMax = 256;

        public const int HeartbeatMs = 2_000;
        public const int HeartbeatsMissedMax = 5;

        /// <summary>Open streams end this soon after a stop is asked for.</summary>
        public const int ShutdownMs = 2_500;
    }

    /// <summary>Bounds on jobs and leases. All times are the database's.</summary>
    public static class Job
    {
        public const int LeaseMs = 15_000;
        public const int RenewMs = 5_000;
        public const int RescueMs = 1_000;
        public const int AttemptsMax = 5;
        public const int ClaimBatchMax = 32;
        public const int RescueBatchMax = 500;

        /// <summary>Jobs in flight on one node: credits are refused above.</summary>
        public const int NodeCreditsMax = 64;
    }

    /// <summary>Bounds on price lists and the documents that hold them.</summary>
    public static class PriceList
    {
        public const int DocumentBytesMax = 1 << 20;
        public const int DocumentDepthMax = 32;
        public const int FaultsMax = 200;
        public const int ProcessesMax = 64;
        public const int MaterialsMax = 256;
    }

    /// <summary>Bounds on the database.</summary>
    public static class Database
    {
        public const int PoolConnectionsMax = 40;
        public const int ConnectSeconds = 3;
        public const int StatementSeconds = 5;
        public const int IdleInTransactionSeconds = 10;
        public const int RetriesMax = 2;
    }

    /// <summary>Bounds on the edge (REST, gRPC-web).</summary>
    public static class Edge
    {
        public const int JsonBodyBytesMax = 1 << 20;
        public const int HeaderBytesMax = 32 << 10;
        public const int ConcurrentConnectionsMax = 2_000;
        public const int UpstreamSecondsMax = 600;
    }
}
